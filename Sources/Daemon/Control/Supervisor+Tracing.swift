internal import BlockIO
internal import Control
internal import Logging
internal import Multipath
internal import Reactor

/// A trace on its way from a reactor to a client.
struct TraceSession {
  let client: UInt64
  let device: UInt32
  var writer = TraceWriter()
  /// Chunks that the client has not taken yet.
  var waiting = 0
  /// Ends it when its time is over.
  var timer: UInt64?
}

/// `mpctl trace`: what a reactor records goes to the client as it comes. When the client is slow, so is the
/// room that the reactor is granted, and it ends the trace rather than wait.
extension Supervisor {
  /// The method that turns its connection into a trace.
  func trace(_ client: UInt64, _ id: Int, _ params: TraceMethod.Params) {
    let refuse: (ControlError) -> Void = { [self] error in
      server.answer(client, Wire.refusal(id: id, error))
    }
    do throws(ControlError) {
      let device = try device(named: params.name)
      if let seconds = params.seconds, !(1...TraceMethod.secondsMax).contains(seconds) {
        throw ControlError(
          .badRequest, "a trace takes 1 to \(TraceMethod.secondsMax) seconds, not \(seconds)")
      }
      let seconds = params.seconds ?? TraceMethod.secondsMax
      let ticket = ticket(
        patience: DaemonLimits.reactorPatience,
        late: { [self] _ in post(.endTrace(device: device.id), to: device) }
      ) { [self] answer in
        guard case .tracing(let beginning) = answer else {
          return refuse(error(answer, while: "being asked"))
        }
        begin(beginning, device, client, id, seconds: UInt64(seconds))
      }
      post(
        .trace(ticket: ticket, device: device.id, bytesMax: TraceMethod.bytesMax), to: device)
    } catch {
      refuse(error)
    }
  }

  private func begin(
    _ beginning: TraceBeginning, _ device: DeviceEntry, _ client: UInt64, _ id: Int,
    seconds: UInt64
  ) {
    var session = TraceSession(client: client, device: device.id)
    var names: [UInt8: String] = [:]
    for (place, path) in beginning.paths {
      names[place] = device.index(ofPath: path).map { device.paths[$0].name }
    }
    let header = TraceHeader(
      program: ProgramVersion.text, device: device.name.text,
      startedMilliseconds: WallClock.milliseconds(at: beginning.at), paths: names)
    server.answer(client, Wire.reply(TraceMethod.self, id: id, result: Change()))
    server.beginStream(client)
    push(session.writer.begin(header, beginning.state), to: client)
    session.timer = timers.after(.seconds(seconds)) { [self] in
      post(.endTrace(device: device.id), to: device)
    }
    traces.append(session)
  }

  /// A chunk from a reactor.
  func traced(_ device: UInt32, _ chunk: TraceChunk) {
    guard let index = traces.firstIndex(where: { $0.device == device }) else { return }
    push(traces[index].writer.inputs(chunk), to: traces[index].client)
    traces[index].waiting += 1
  }

  func traceEnded(_ device: UInt32, _ summary: TraceSummary) {
    guard let index = traces.firstIndex(where: { $0.device == device }) else { return }
    var session = traces.remove(at: index)
    if let timer = session.timer { timers.cancel(timer) }
    push(session.writer.end(summary), to: session.client)
    let end = TraceLine.End(
      reason: Self.reason(summary.ending), inputs: summary.inputs, missing: summary.missing)
    push(TraceLine(end: end), to: session.client)
    server.endStream(session.client)
  }

  private static func reason(_ ending: TraceEnding) -> TraceLine.Reason {
    switch ending {
    case .asked: .asked
    case .full: .full
    case .tooSlow: .tooSlow
    case .deviceGone: .deviceGone
    case .unrecorded: .unrecorded
    }
  }

  private func push(_ bytes: [UInt8], to client: UInt64) {
    push(TraceLine(chunk: bytes), to: client)
  }

  private func push(_ line: TraceLine, to client: UInt64) {
    do throws(ControlError) {
      server.push(try line.encoded(), to: client)
    } catch {
      log.error("a piece of a trace could not be sent: \(error.message)")
      server.endStream(client)
    }
  }

  /// Looks after the clients of traces, once a turn: room is granted for what they have taken, and a trace ends
  /// when its client wants no more or has gone.
  func serveTraces() {
    for index in traces.indices {
      let session = traces[index]
      guard let device = devices.first(where: { $0.id == session.device }) else { continue }
      switch server.streamState(session.client) {
      case .wantsNoMore: post(.endTrace(device: device.id), to: device)
      case .busy: break
      case .ready:
        guard session.waiting > 0 else { continue }
        post(.traceTaken(device: device.id, chunks: session.waiting), to: device)
        traces[index].waiting = 0
      }
    }
  }
}
