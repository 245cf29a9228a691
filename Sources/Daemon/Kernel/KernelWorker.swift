internal import CLinux
internal import Control
internal import Glibc
internal import Reactor

/// The one thread that talks to the kernel's NBD client. Its requests may block on a device's I/O and must not
/// overlap: attaching, reconnecting and detaching one device at the same time has been a source of kernel
/// bugs for years (CVE-2021-3348, CVE-2023-52837, CVE-2025-68366).
struct KernelWorker: Sendable {
  typealias Outcome = Result<UInt32, KernelFailure>

  private let inbox = Mailbox<Job>()

  private struct Job: Sendable {
    let work: @Sendable (borrowing KernelClient) throws(KernelFailure) -> UInt32
    let refused: @Sendable () -> Void
    let deliver: @Sendable (Outcome) -> Void
  }

  /// False when there is no room for a thread.
  let isRunning: Bool

  init() {
    let inbox = inbox
    isRunning = Thread.start("mpath-kernel") {
      while true {
        _ = mp_wait_input(inbox.eventDescriptor, -1)
        _ = mp_event_drain(inbox.eventDescriptor)
        for job in inbox.takeAll() { job.deliver(Self.outcome(of: job)) }
      }
    }
  }

  private static func outcome(of job: Job) -> Outcome {
    let client: KernelClient
    do throws(KernelFailure) {
      client = try KernelClient()
    } catch {
      job.refused()
      return .failure(error)
    }
    do throws(KernelFailure) {
      return .success(try job.work(client))
    } catch {
      return .failure(error)
    }
  }

  /// Runs `work` after everything asked earlier, and delivers a device number or a failure on the worker's
  /// thread; `refused` gives back what the work would have consumed, when it cannot begin.
  func run(
    _ work: @escaping @Sendable (borrowing KernelClient) throws(KernelFailure) -> UInt32,
    refused: @escaping @Sendable () -> Void = {},
    deliver: @escaping @Sendable (Outcome) -> Void
  ) {
    inbox.post(Job(work: work, refused: refused, deliver: deliver))
  }
}
