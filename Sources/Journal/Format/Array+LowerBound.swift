extension Array {
    /// The place of the first element that is not `isBefore`, in an array in which those that are
    /// come first; nil when all are.
    func lowerBound(_ isBefore: (Element) -> Bool) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low < count ? low : nil
    }
}
