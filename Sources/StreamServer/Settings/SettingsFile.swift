#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A file of settings: one JSON5 object, whose members are those of ``SettingsKey``.
package enum SettingsFile {
    /// The longest file, in bytes.
    package static let bytesMax = 1 << 20

    /// What the file at `path` says, whose contents are `bytes`.
    ///
    /// - Throws: ``SettingsError`` that names the file, the setting, and what it may be.
    package static func decode(_ bytes: [UInt8], path: String) throws(SettingsError)
        -> SettingsLayer
    {
        do throws(SettingsError) {
            let layer = try decode(bytes)
            try layer.check { $0.rawValue }
            return layer
        } catch {
            throw SettingsError("\(path): \(error)")
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(SettingsError) -> SettingsLayer {
        // The decoder would mend what is not UTF-8.
        guard bytes.count <= bytesMax, String(validating: bytes, as: UTF8.self) != nil else {
            throw SettingsError("the file must be UTF-8 of at most \(bytesMax) bytes")
        }
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        do {
            return try decoder.decode(SettingsDocument.self, from: Data(bytes)).layer
        } catch let error as SettingsError {
            throw error
        } catch DecodingError.typeMismatch {
            throw SettingsError("the file must hold one object with \(SettingsKey.list)")
        } catch {
            // The decoder does not say where.
            let line = JSON5Syntax.faultLine(in: bytes).map { " from line \($0) on" } ?? ""
            throw SettingsError("the file is not JSON5\(line)")
        }
    }
}
