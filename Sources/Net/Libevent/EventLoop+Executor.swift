extension EventLoop: SerialExecutor {
    /// Queues a job of the actor that is pinned to the loop. From any thread.
    public func enqueue(_ job: consuming ExecutorJob) { post(.job(UnownedJob(job))) }

    /// Returns the loop as the executor of an actor.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// Returns whether the caller is on the loop's thread, so that `assumeIsolated` works inside a
    /// libevent callback (SE-0471).
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Ends the process if the caller is not on the loop's thread.
    public func checkIsolated() {
        precondition(isCurrent, "the loop's state was touched from another thread")
    }

    /// Runs a job of an actor that is pinned to this loop. As a serial executor only: with the
    /// overload for serial and task executors the runtime takes each further `await` of the job, even
    /// of a function of the same actor, for a change of the executor, and puts the job into the queue
    /// again (Swift 6.3).
    func run(_ job: UnownedJob) {
        unsafe job.runSynchronously(on: asUnownedSerialExecutor())
    }
}
