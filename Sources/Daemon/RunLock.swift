internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Logging
internal import Reactor

/// One daemon a run directory: two would fight over its sockets and its state.
///
/// The lock says more: every reactor's ring has it registered, and a ring lets go of its files only when its
/// last request is over. Who gets the lock knows that no attempt of the daemon before is under way, even if it
/// was killed in the middle of its work and the kernel is still busy with that. Without this, an old write
/// might land on a path after a newer one to the same bytes had gone through another.
enum RunLock {
  /// How long a killed daemon's attempts are waited for.
  private static let patience = Interval.seconds(300)

  /// The lock, once it is ours.
  struct Claim {
    /// To be kept as long as anything is served.
    let descriptor: Int32
    /// The daemon before this one did not end in order, so that what it had sent to servers may still happen.
    let isAfterKill: Bool
  }

  /// What a daemon that ends in order writes behind its number.
  private static let orderly = "ended"

  static func take(_ directory: RunDirectory, _ log: Logger) throws(ControlError) -> Claim {
    let file = file(in: directory)
    let deadline = ReactorThread.clock() + patience
    var isWaiting = false
    while true {
      let words = words(of: file)
      let status = unsafe mp_lock_file(file)
      if status >= 0 {
        if isWaiting { log.info("the mpathd before this one is gone") }
        return Claim(
          descriptor: status, isAfterKill: !words.isEmpty && words.last != orderly)
      }
      guard status == -EWOULDBLOCK else {
        throw ControlError(
          .notPermitted, "\(file) cannot be locked: \(ErrnoText.sentence(-status))",
          hint: "run as root, or with --run-dir in a folder of your own")
      }
      guard let owner = owner(of: file), isEnding(owner) else {
        throw ControlError(
          .busy, "another mpathd runs in \(directory.path)",
          hint: "stop it first, or give this one another --run-dir")
      }
      if deadline < ReactorThread.clock() {
        throw ControlError(
          .timeout, "attempts of the mpathd before this one (process \(owner)) are still under way",
          hint: "a path of it hangs; see the kernel's log, and make the path fail")
      }
      if !isWaiting {
        isWaiting = true
        log.warning(
          "waiting for the mpathd before this one: it was ended, but attempts of it are under way",
          metadata: ["process": "\(owner)"])
      }
      usleep(5000)
    }
  }

  private static func file(in directory: RunDirectory) -> String {
    directory.path + "/mpathd.lock"
  }

  private static func owner(of file: String) -> Int32? {
    words(of: file).first.flatMap { Int32($0) }
  }

  private static func words(of file: String) -> [String] {
    (SystemFile.text(file) ?? "").split { $0 == " " || $0 == "\n" }.map { String($0) }
  }

  /// Says to the next daemon that nothing of this one can happen any more. The lock stays taken.
  static func noteOrder(_ lock: Int32) {
    let text = "\(getpid()) \(orderly)\n"
    _ = unsafe pwrite(lock, text, text.utf8.count, 0)
  }

  /// How the lock stands, for somebody who is no daemon.
  enum Holder {
    /// Nobody; taken meanwhile, so that no daemon can begin before this descriptor is closed.
    case nobody(Int32)
    /// There is no lock, so that no daemon runs here.
    case noLock
    /// A daemon that has ended or is about to; a path may keep it.
    case ending
    case running
  }

  static func holder(in directory: RunDirectory) -> Holder {
    let file = file(in: directory)
    let status = unsafe mp_hold_lock(file)
    if status >= 0 { return .nobody(status) }
    guard status == -EWOULDBLOCK else { return .noLock }
    guard let owner = owner(of: file), isEnding(owner) else { return .running }
    return .ending
  }

  /// The process is dead or dying, so that what it held comes free by itself.
  private static func isEnding(_ process: Int32) -> Bool {
    // An upgrade runs the new program in the old one's process.
    if process == getpid() { return true }
    guard let status = SystemFile.text("/proc/\(process)/status") else { return true }
    let fields = Dictionary(
      status.split(separator: "\n").compactMap { line -> (Substring, Substring)? in
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        return (line[..<colon], value)
      }, uniquingKeysWith: { first, _ in first })
    // Its number belongs to somebody else by now.
    if fields["Name"] != "mpathd" { return true }
    if let state = fields["State"]?.first, state == "Z" || state == "X" { return true }
    let pending = [fields["SigPnd"], fields["ShdPnd"]].compactMap {
      $0.flatMap { UInt64($0, radix: 16) }
    }
    return pending.contains { $0 & (1 << (UInt64(SIGKILL) - 1)) != 0 }
  }
}
