import BlockIO
import CLinux
import Control
import Glibc
import Multipath
import NBD
import Reactor
import Testing

/// A reactor in the test's own process, with one device whose paths are servers. What the daemon does in
/// between, a test does here by hand.
final class ReactorLab {
  static let deviceID: UInt32 = 1

  let uri: String
  private let reactor: ReactorThread
  private let inbox: Mailbox<ReactorReport>
  /// All reports so far, oldest first.
  private(set) var reports: [ReactorReport] = []
  private var lastTicket: UInt64 = 0
  private let socket: String

  /// A path of the device to be.
  struct Path {
    let id: UInt32
    let access: PathAccess

    init(_ id: UInt32, _ connections: [NetworkConnection]) {
      self.id = id
      access = .network(NetworkAccess(connections: connections))
    }
  }

  /// The device's settings, as `tune` has them.
  private(set) var tuning: DeviceTuning

  /// A device that is served, or the reactor's refusal.
  init(
    in lab: Lab, sizeBytes: UInt64, mode: Mode = .activePassive,
    noPathTimeout: Interval = .seconds(60), quietTime: Interval = .seconds(2), _ paths: [Path]
  ) async throws {
    let inbox = Mailbox<ReactorReport>()
    self.inbox = inbox
    reactor = ReactorThread(name: "reactor-test") { inbox.post($0) }
    socket = lab.file("device.sock")
    uri = "nbd+unix:///data?socket=\(socket)"
    let listener = unsafe mp_listen_unix(socket, 0o600, 16)
    try #require(listener >= 0)
    let selector = try #require(SelectorKind.named("active-active"))
    let tuning = DeviceTuning(
      mode: mode, selector: selector, stall: StallPolicy(), hedge: HedgePolicy(),
      failback: .manual, probe: ProbeSchedule(), noPathTimeout: noPathTimeout,
      noPathBytesMax: 32 << 20, paths: [], quietTime: quietTime)
    self.tuning = tuning
    let geometry = try #require(Geometry(sizeBytes: sizeBytes, blockBytes: 512))
    lastTicket += 1
    reactor.post(
      .create(
        ticket: lastTicket,
        DeviceSetup(
          id: Self.deviceID, configuration: tuning.configuration(geometry),
          export: ExportDescription(
            name: "data", description: "", sizeBytes: sizeBytes, minimumBlockBytes: 512,
            preferredBlockBytes: 4096, maximumPayloadBytes: 32 << 20,
            flags: [
              .sendFlush, .sendFUA, .sendTrim, .sendWriteZeroes, .canMultiConnection, .sendCache,
              .sendFastZero,
            ]), listener: listener, paths: paths.map { PathSetup(id: $0.id, access: $0.access) },
          tuning: tuning)))
    let reactor = reactor
    lab.atEnd { reactor.post(.stop) }
    try await answered(lastTicket)
  }

  /// Posts a command that answers, and waits for the answer.
  func ask(_ command: (UInt64) -> ReactorCommand) async throws {
    lastTicket += 1
    reactor.post(command(lastTicket))
    try await answered(lastTicket)
  }

  /// Changes settings while the device is in use.
  func tune(_ change: (inout DeviceTuning) -> Void) async throws {
    change(&tuning)
    let tuning = tuning
    try await ask { .tune(ticket: $0, device: Self.deviceID, tuning) }
  }

  func post(_ command: ReactorCommand) { reactor.post(command) }

  private func answered(_ ticket: UInt64) async throws {
    let refusal = try await wait("the answer to a command") { report -> ReactorRefusal?? in
      switch report {
      case .done(ticket): .some(nil)
      case .refused(ticket, let refusal): .some(refusal)
      default: nil
      }
    }
    if let refusal { throw refusal }
  }

  /// The first report, from `start` on, of which `pick` makes something.
  @discardableResult
  func wait<Value>(
    _ what: String, from start: Int = 0, atMostSeconds seconds: Int = 30,
    sourceLocation: SourceLocation = #_sourceLocation, _ pick: (ReactorReport) -> Value?
  ) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    var next = start
    while true {
      takeReports()
      while next < reports.count {
        if let value = pick(reports[next]) { return value }
        next += 1
      }
      guard clock.now < deadline else { break }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("\(what) did not come: \(reports)", sourceLocation: sourceLocation)
    throw LabError("\(what) did not come")
  }

  /// Takes what has come, and says that every path shows the right medium.
  func takeReports() {
    for report in inbox.takeAll() {
      reports.append(report)
      if case .checkIdentity(let device, let path, let generation) = report {
        reactor.post(
          .identityChecked(device: device, path: path, generation: generation, .same))
      }
      if case .closed(_, _, let descriptors, _) = report {
        for descriptor in descriptors { close(descriptor) }
      }
    }
  }

  /// Waits until the path's connections are gone; the reason, and what has been reported before it.
  func connectionLost(_ path: UInt32, from start: Int = 0) async throws -> ConnectionEnd {
    try await wait("the end of a connection", from: start) { report -> ConnectionEnd? in
      guard case .connectionLost(_, path, let reason) = report else { return nil }
      return reason
    }
  }

  /// Puts fresh connections in the place of lost ones, and waits until the path serves again.
  func reopen(_ path: Path) async throws {
    takeReports()
    let start = reports.count
    reactor.post(
      .reopenPath(device: Self.deviceID, PathSetup(id: path.id, access: path.access)))
    try await wait("the return of a path", from: start) { report -> Bool? in
      guard case .event(_, _, _, .pathRestored(path.id, _)) = report else { return nil }
      return true
    }
  }

  func snapshot() async throws -> DeviceSnapshot {
    lastTicket += 1
    let ticket = lastTicket
    reactor.post(.snapshot(ticket: ticket, device: nil))
    let all = try await wait("a snapshot") { report -> [DeviceSnapshot]? in
      guard case .snapshot(ticket, let snapshots) = report else { return nil }
      return snapshots
    }
    return try #require(all.first)
  }

  /// Ends the device; all that was lent comes back.
  func destroy() async throws {
    try await ask { .destroy(ticket: $0, device: Self.deviceID, force: true) }
  }
}
