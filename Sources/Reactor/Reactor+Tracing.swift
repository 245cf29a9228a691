internal import BasicContainers
public import BlockIO
internal import Engine
public import Multipath

/// Traces of devices, passed on to the control side chunk by chunk. The reactor never waits for whoever
/// takes them: a trace that is taken too slowly ends.
extension Reactor {
  mutating func beginTrace(_ ticket: UInt64, _ id: UInt32, bytesMax: Int) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    let state = devices[device].engine.beginTrace(
      at: now, room: ReactorLimits.traceChunks, bytesMax: bytesMax)
    guard let state else { return report(.refused(ticket: ticket, .tracedAlready)) }
    var places: [UInt8: UInt32] = [:]
    for index in 0..<devices[device].paths.count where devices[device].paths[index].isOccupied {
      places[UInt8(index)] = devices[device].paths[index].id
    }
    report(.traceBegan(ticket: ticket, TraceBeginning(state: state, paths: places, at: now)))
  }

  /// Chunks have been written away.
  mutating func grantTrace(_ id: UInt32, _ chunks: Int) {
    if let device = device(id) { devices[device].engine.grantTrace(chunks) }
  }

  mutating func endTrace(_ id: UInt32) {
    if let device = device(id) { endTrace(device, .asked) }
  }

  mutating func endTrace(_ device: Int, _ reason: TraceEnding) {
    guard devices[device].engine.isTracing else { return }
    devices[device].engine.endTrace(reason)
    passTrace(device)
  }

  /// To be called after the machine of a traced device was fed.
  mutating func passTrace(_ device: Int) {
    let id = devices[device].id
    if let chunk = devices[device].engine.takeTrace() {
      report(.traceChunk(device: id, chunk))
    }
    if let summary = devices[device].engine.finishTrace() {
      report(.traceEnded(device: id, summary))
    }
  }
}

/// Where a trace begins: the machine's state, and the paths by their places in it.
public struct TraceBeginning: Sendable {
  public let state: MachineSnapshot
  public let paths: [UInt8: UInt32]
  public let at: Instant
}
