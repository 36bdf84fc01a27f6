internal import CLibevent

/// What the process gives back to the system (glibc's allocator).
public enum ProcessMemory {
    /// Has large blocks go back to the system as soon as they are free. By itself the allocator
    /// keeps ever larger ones, and a crowd of large requests would stay in the process's size.
    public static func returnLargeBlocks() { directory_set_mmap_threshold(128 << 10) }

    /// Gives back what is free. Takes some milliseconds: not on a loop.
    public static func trim() { directory_trim_memory() }
}
