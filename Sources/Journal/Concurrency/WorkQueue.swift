import Glibc

/// What producers hand to one consuming thread: a double buffer behind a lock and a condition.
///
/// The consumer takes everything that has queued up at once; while it works, the next load queues.
@safe final class WorkQueue<Item: Sendable>: @unchecked Sendable {
    // SAFETY: every access to the stored state happens between `lock` and `unlock` of `mutex`;
    // the two C objects are allocated once, never moved, and destroyed with the queue.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var items: [Item] = []
    private var weight = 0
    private var isClosed = false
    private let weightMax: Int

    /// What became of an item that was handed over.
    enum Admission {
        case queued
        case full
        case closed
    }

    /// A queue that refuses items once those in it weigh more than `weightMax`.
    init(weightMax: Int) {
        self.weightMax = weightMax
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Queues what `make` returns; it is called in the order of the queue.
    func enqueue(weight: Int, _ make: () -> Item) -> Admission {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        guard !isClosed else { return .closed }
        guard self.weight == 0 || self.weight + weight <= weightMax else { return .full }
        items.append(make())
        self.weight += weight
        unsafe pthread_cond_signal(condition)
        return .queued
    }

    /// Waits for items and takes all of them.
    ///
    /// An empty array after `timeoutSeconds` without any; nil once the queue is closed and empty.
    func take(timeoutSeconds: Int?) -> [Item]? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
        deadline.tv_sec += timeoutSeconds ?? 0
        while items.isEmpty, !isClosed {
            if timeoutSeconds == nil {
                unsafe pthread_cond_wait(condition, mutex)
            } else if unsafe pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
                return []
            }
        }
        if items.isEmpty { return nil }
        defer {
            items = []
            weight = 0
        }
        return items
    }

    /// Refuses items from now on; those that are queued are still taken.
    func close() {
        unsafe pthread_mutex_lock(mutex)
        isClosed = true
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
    }
}
