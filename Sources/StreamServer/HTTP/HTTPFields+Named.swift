import HTTPTypes

extension HTTPFields {
    /// The value of the header called `name`, for names that have no constant.
    subscript(named name: String) -> String? {
        HTTPField.Name(name).flatMap { self[$0] }
    }
}
