internal import ArgumentParser
internal import Control
internal import Glibc

/// `mpctl daemon upgrade`.
struct Upgrade: ControlCommand {
  private static let patienceSeconds = 60

  static let configuration = CommandConfiguration(
    abstract: "Have the running daemon go on as the mpathd that is installed now.",
    discussion: """
      It answers what it has received, then its process becomes the installed program, and brings back \
      its devices from the state file. Devices that are attached to the kernel keep their connections: \
      whoever uses them sees a short pause. Other NBD clients are disconnected. What waits for a path \
      or a ghost is asked again by the kernel.

      EXAMPLE
        mpctl daemon upgrade
      """)

  @OptionGroup var connection: ConnectionOptions

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let before = try session.ask(VersionMethod.self, NoParams())
    let answer = try session.ask(UpgradeMethod.self, NoParams())
    for _ in 0..<(Self.patienceSeconds * 50) {
      usleep(20_000)
      // Nobody answers for a moment.
      guard let now = try? session.ask(VersionMethod.self, NoParams()),
        now.started != before.started
      else { continue }
      Terminal.write("mpathd \(now.version) runs as process \(now.pid)\n")
      return .done
    }
    throw .unreachable(
      message: "process \(answer.pid) does not answer as \(answer.program) yet",
      hint: "a path may be hanging; see the daemon's log")
  }
}
