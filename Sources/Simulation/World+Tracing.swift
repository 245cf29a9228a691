internal import Engine
internal import Multipath

/// A trace of the simulated device, as `mpctl trace` would take it of a live one.
struct WorldTrace {
  /// The steps before it begins.
  let from: Int
  var writer = TraceWriter()
  var bytes: [UInt8] = []
}

extension World {
  /// Begins the trace when its step has come, and keeps what has been recorded. To be called between steps.
  mutating func keepTrace() {
    guard let from = trace?.from, steps >= from else { return }
    if steps == from {
      let state = engine.beginTrace(at: now, room: 1 << 30, bytesMax: 1 << 30)
      guard let state else { preconditionFailure("one trace at a time") }
      let header = TraceHeader(
        program: "simulation", device: "seed-\(scenario.seed)", startedMilliseconds: 0,
        paths: [:])
      if let bytes = trace?.writer.begin(header, state) { trace?.bytes += bytes }
    }
    if let chunk = engine.takeTrace(), let bytes = trace?.writer.inputs(chunk) {
      trace?.bytes += bytes
    }
  }

  /// The end of the simulation is the end of its trace, if that has begun.
  mutating func endTrace() {
    engine.endTrace(.asked)
    if let chunk = engine.takeTrace(), let bytes = trace?.writer.inputs(chunk) {
      trace?.bytes += bytes
    }
    if let summary = engine.finishTrace(), let bytes = trace?.writer.end(summary) {
      trace?.bytes += bytes
    }
  }
}

extension Scenario {
  /// Plays the scenario and records it from the given step on. Empty when it ended before.
  package func record(from step: Int) -> (result: SimulationResult, trace: [UInt8]) {
    var world = World(self, defect: .none, isVerbose: false)
    world.trace = WorldTrace(from: step)
    let result = world.run()
    world.endTrace()
    return (result, world.trace?.bytes ?? [])
  }
}
