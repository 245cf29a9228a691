internal import Glibc

/// What the program's surroundings say.
enum HostEnvironment {
  static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// The caller's directory.
  ///
  /// When it was deleted meanwhile, relative names mean nothing, and the
  /// root makes that visible in the message that follows.
  static var workingDirectory: String {
    guard let bytes = unsafe getcwd(nil, 0) else { return "/" }
    defer { unsafe free(bytes) }
    return unsafe String(cString: bytes)
  }

  /// True when /dev has an entry of this name, of whatever kind: the daemon judges what it is.
  static func isDeviceEntry(_ name: String) -> Bool {
    unsafe access("/dev/" + name, F_OK) == 0
  }

  /// Milliseconds since 1970 UTC.
  static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec / 1_000_000)
  }
}
