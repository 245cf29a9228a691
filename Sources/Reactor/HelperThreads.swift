internal import CLinux
internal import Glibc

/// Threads for work that may block, which are used again.
///
/// Ten thousand looks at media are ten thousand pieces of work, most of which take microseconds: making a thread for
/// each costs more than the look. One that has ended its work waits a second for more. Nothing waits behind a
/// thread that hangs: when none is idle, another is made.
///
/// They give way to the control thread, the reactors and clients on the same cores.
public enum HelperThreads {
  private struct Job: Sendable {
    let name: String
    let body: @Sendable () -> Void
  }

  /// How long one waits for more to do, and how many may.
  private static let patienceMilliseconds: Int32 = 1000
  private static let idleMax = 64
  private static let niceness: Int32 = 6

  /// The inboxes of those that wait.
  private static let idle = Mailbox<Mailbox<Job>>()

  /// Runs `body` on a thread that has nothing else to do; false when the system has no room for one.
  ///
  /// - Parameter name: At most 15 bytes, as it shows in /proc.
  public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    if let inbox = idle.takeNewest() {
      inbox.post(Job(name: name, body: body))
      return true
    }
    return Thread.start(name) {
      mp_thread_nice(niceness)
      body()
      serve()
    }
  }

  private static func serve() {
    guard idle.count < idleMax, let inbox = Mailbox<Job>.ifPossible() else { return }
    while true {
      idle.post(inbox)
      guard let job = next(inbox) else { return }
      unsafe mp_thread_name(job.name)
      job.body()
    }
  }

  /// What came in time; nil when nothing did, and nothing will.
  private static func next(_ inbox: Mailbox<Job>) -> Job? {
    var patience = patienceMilliseconds
    while true {
      var ready = pollfd(fd: inbox.eventDescriptor, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&ready, 1, patience) > 0 {
        _ = mp_event_drain(inbox.eventDescriptor)
        if let job = inbox.takeAll().first { return job }
      } else if idle.takeNewest(where: { $0 === inbox }) != nil {
        return nil
      } else {
        // Somebody has chosen this thread just now.
        patience = -1
      }
    }
  }
}
