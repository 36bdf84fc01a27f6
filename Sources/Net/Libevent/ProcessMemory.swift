internal import CLibevent

/// The memory that glibc's allocator returns to the system.
public enum ProcessMemory {
    /// Makes the allocator return large blocks (128 KiB) as soon as they are free. By default it
    /// raises this threshold, and the memory of many large requests would stay in the process.
    public static func returnLargeBlocks() { directory_set_mmap_threshold(128 << 10) }

    /// Returns free memory to the system. Takes some milliseconds: do not call it on a loop.
    public static func trim() { directory_trim_memory() }
}
