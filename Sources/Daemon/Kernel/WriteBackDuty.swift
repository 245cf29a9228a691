internal import CLinux
internal import Glibc
internal import Logging

/// While a device is attached to the kernel, memory is freed by writing to it, so this process must not wait
/// for memory to be freed, be paged out, or be the one that is killed for want of it.
struct WriteBackDuty {
  private var isOnDuty = false
  private var scoreBefore: String?
  private static let scoreFile = "/proc/self/oom_score_adj"

  /// To be called before any thread is started, since threads inherit it. What they allocate is then never
  /// taken by writing pages out (prctl(2), PR_SET_IO_FLUSHER), which for other memory changes nothing. It
  /// takes CAP_SYS_RESOURCE; without that no device can be attached either.
  static func prepareThreads() { _ = mp_set_io_flusher() }

  mutating func begin(_ log: Logger) {
    guard !isOnDuty else { return }
    isOnDuty = true
    let status = mp_lock_memory(true)
    if status < 0 { complain(log, "memory cannot be locked", -status, "raise LimitMEMLOCK") }
    scoreBefore = SystemFile.text(Self.scoreFile)
    let errno = SystemFile.write("-1000", to: Self.scoreFile)
    if errno != 0 { complain(log, "the OOM killer is not kept away", errno, "run as root") }
  }

  mutating func end() {
    guard isOnDuty else { return }
    isOnDuty = false
    _ = mp_lock_memory(false)
    if let scoreBefore { SystemFile.write(scoreBefore, to: Self.scoreFile) }
  }

  private func complain(_ log: Logger, _ what: String, _ errno: Int32, _ fix: String) {
    log.warning(
      "\(what): a machine that runs out of memory may hang while it writes to mpath devices",
      metadata: ["errno": "\(ErrnoText.name(errno))", "fix": "\(fix)"])
  }
}
