public import BlockIO

/// The outside of a reactor: its mailbox, and the thread that creates and owns it.
public struct ReactorThread: Sendable {
  private let inbox: Mailbox<ReactorCommand>

  /// Starts a reactor on a thread of its own. Its first report is `.started` or `.broken`.
  ///
  /// - Parameter descriptor: Kept open by the ring itself until everything it was asked to do is over, even
  ///   when the process is killed: a lock on it then says that no attempt of this process is under way.
  public init(
    name: String, keeping descriptor: Int32 = -1,
    report: @escaping @Sendable (ReactorReport) -> Void
  ) {
    let inbox = Mailbox<ReactorCommand>()
    self.inbox = inbox
    let isStarted = Thread.start(name) {
      do throws(RingError) {
        var reactor = try Reactor(inbox: inbox, keeping: descriptor, report: report)
        report(.started)
        reactor.run()
      } catch {
        report(.broken(advice: error.advice))
      }
    }
    if !isStarted { report(.broken(advice: "no thread could be started: raise ulimit -u")) }
  }

  public func post(_ command: ReactorCommand) { inbox.post(command) }
}

extension ReactorThread {
  /// The clock that reactors stamp everything with.
  public static func clock() -> Instant { Reactor.clock() }
}
