internal import CLinux
internal import Glibc
internal import Reactor

/// How large a path's medium is now, read on a thread of its own: asking a file whose server hangs blocks.
enum SizeReading {
  /// Delivers `.resized` with the size, whatever it was before, or `.unreadable`. The descriptor is
  /// duplicated first, so that the caller may close its own.
  static func start(
    _ descriptor: Int32, _ deliver: @escaping @Sendable (MediumComparison.Verdict) -> Void
  ) {
    let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard own >= 0 else { return deliver(.unreadable(.unreadable(errno: errno))) }
    let isStarted = HelperThreads.start("mpath-size") {
      var size: UInt64 = 0
      let status = unsafe mp_path_size(own, &size)
      _ = Glibc.close(own)
      deliver(
        status < 0 ? .unreadable(.unreadable(errno: -status)) : .resized(sizeBytes: size))
    }
    guard !isStarted else { return }
    _ = Glibc.close(own)
    deliver(.unreadable(.unreadable(errno: EAGAIN)))
  }
}
