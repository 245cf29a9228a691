internal import Glibc

/// A point on the monotonic clock by which an exchange must be over.
struct Deadline {
  private let milliseconds: Int64

  init(seconds: Int64) {
    milliseconds = Self.now + seconds * 1000
  }

  /// What is left, for poll(2); zero when the time is over.
  var remainingMilliseconds: Int32 {
    Int32(clamping: max(0, milliseconds - Self.now))
  }

  private static var now: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec / 1_000_000)
  }
}
