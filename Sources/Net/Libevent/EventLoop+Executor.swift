extension EventLoop: SerialExecutor, TaskExecutor {
    /// Queues a job of the actor that is pinned to the loop. From any thread.
    public func enqueue(_ job: consuming ExecutorJob) { post(.job(UnownedJob(job))) }

    /// Returns the loop as the executor of an actor.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// Returns the loop as the executor of tasks.
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        unsafe UnownedTaskExecutor(ordinary: self)
    }

    /// Returns whether the caller is on the loop's thread, so that `assumeIsolated` works inside a
    /// libevent callback (SE-0471).
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Ends the process if the caller is not on the loop's thread.
    public func checkIsolated() {
        precondition(isCurrent, "the loop's state was touched from another thread")
    }

    func run(_ job: UnownedJob) {
        // The overload with both executors: with only one of them, the runtime would queue the task
        // again and again.
        unsafe job.runSynchronously(
            isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
}
