internal import BasicContainers
public import BlockIO

/// Errors that follow the data through every path.
extension MultipathMachine {
  /// Every path gave the same answer to this request, which is over, so the medium is to blame, and not
  /// the paths that it took down.
  ///
  /// They are back at the next tick, which is due at once, and not in the middle of whatever brought the answer:
  /// requests that are being served in the same turn must not see paths come between.
  mutating func mediumSpoke(
    _ request: RequestRecord, at now: Instant, effects: inout Effects
  ) {
    let isNews = mediumFaults.note(
      errno: request.errno, request.operation, request.range, at: now)
    if isNews {
      effects.append(
        .event(
          .mediumError(
            FaultCause(
              errno: request.errno, operation: request.operation, offset: request.range.offset))))
    }
    var blamed = request.tried
    while let path = blamed.first {
      blamed.remove(path)
      // Auto-restore may have brought it back before the last path answered.
      guard !(table[path].changedAt < request.submittedAt) else { continue }
      acquitted.insert(path)
      if acquittedAt == nil { acquittedAt = now }
    }
  }

  /// The medium has another size; what was submitted before may reach beyond it.
  ///
  /// Of a medium that has shrunk, nothing beyond the end is remembered as bad, and no path stays blamed for it.
  public mutating func setGeometry(
    _ geometry: Geometry, at now: Instant, effects: inout Effects
  ) {
    let isShrinking = geometry.sizeBytes < configuration.geometry.sizeBytes
    configuration.geometry = geometry
    guard isShrinking else { return }
    mediumFaults.forget(beyond: geometry.sizeBytes)
    var hasReturned = false
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      if table[path].probe.isInFlight, table[path].probe.offset >= geometry.sizeBytes {
        // Its answer says nothing.
        table[path].probe.generation = (table[path].probe.generation &+ 1) & 0xff_ffff
        table[path].probe.badInRow = 0
      }
      guard case .failed(let cause) = table[path].service, cause.errno == Errno.eio,
        cause.offset >= geometry.sizeBytes, table[path].isRestorable, mayReturn(path)
      else { continue }
      enterService(path, .mediumShrank, at: now, effects: &effects)
      table[path].probe.returnedAt = nil
      hasReturned = true
      if !table[path].probe.isInFlight { startProbe(path, at: now, effects: &effects) }
    }
    if hasReturned { useReturnedPath(at: now, effects: &effects) }
  }

  /// Paths that were blamed for the medium are in service again. Each is probed elsewhere on the medium,
  /// and leaves if that fails too; those that auto-restore has brought back already stay, as ever.
  mutating func acquit(at now: Instant, effects: inout Effects) {
    guard acquittedAt != nil else { return }
    var left = acquitted
    acquitted = PathSet()
    acquittedAt = nil
    var hasReturned = false
    while let path = left.first {
      left.remove(path)
      // Not its fault, so it has not been flapping either.
      table[path].probe.returnedAt = nil
      guard case .failed = table[path].service, table[path].isRestorable, mayReturn(path) else {
        continue
      }
      enterService(path, .mediumSpoke, at: now, effects: &effects)
      table[path].probe.returnedAt = nil
      hasReturned = true
      if !table[path].probe.isInFlight { startProbe(path, at: now, effects: &effects) }
    }
    if hasReturned { useReturnedPath(at: now, effects: &effects) }
  }
}
