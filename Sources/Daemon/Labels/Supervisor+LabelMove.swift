internal import BlockIO
internal import Control
internal import Label
internal import Logging
internal import Reactor

/// A labelled device whose medium has another size: the label stands in the last sector, wherever that is now.
extension Supervisor {
  /// The device follows a medium that has grown, or, as an operator wishes, one that has shrunk.
  ///
  /// The new label is written through one path and has to be seen through every other before anything else
  /// happens; the old one, which users of a grown device could reach otherwise, is wiped before they can. A daemon
  /// that ends in between finds the new label, or the old.
  func moveLabel(
    of device: DeviceEntry, to whole: UInt64, _ done: @escaping (ControlError?) -> Void
  ) {
    let old = device.medium
    let next: Medium
    do throws(ControlError) {
      next = try Self.moved(old, to: whole, device.name.text)
    } catch {
      return done(error)
    }
    guard let label = next.label, let served = label.served(of: next.geometry),
      let writer = writer(of: device)
    else {
      return done(
        ControlError(
          .refused, "no path of \(device.name.text) is in service to move its label",
          hint: "mpctl status \(device.name.text) says what its paths lack"))
    }
    let isShrinking = next.geometry.sizeBytes < old.geometry.sizeBytes
    let finish: (ControlError?) -> Void = { [self] error in
      guard let error else {
        device.label = label
        return resize(device, to: served.sizeBytes, done)
      }
      log.error("the label was not moved: \(error.message)", metadata: about(device))
      done(error)
    }
    elsewhere(
      "mpath-label", through: writer,
      // In what is left of a shrunk medium the last sector was the users', who have nothing else there to lose.
      { LabelWork.move(label, through: $0, to: next.geometry, force: isShrinking) }
    ) { [self] answer in
      if let error = refusal(answer, device) { return finish(error) }
      let witnesses = device.paths.filter { $0.isOpen && !$0.isForeign }
      witness(witnesses[...], next, device) { [self] error in
        guard let error else {
          guard !isShrinking else { return finish(nil) }
          return eraseOld(old, through: writer, device) { finish(nil) }
        }
        // Nobody must find a label that is not the device's.
        elsewhere(
          "mpath-label", through: writer,
          { LabelWork.erase(label, through: $0, next.geometry) }
        ) { _ in finish(error) }
      }
    }
  }

  private static func moved(
    _ old: Medium, to whole: UInt64, _ name: String
  ) throws(ControlError) -> Medium {
    let impossible = ControlError(
      .refused, "\(name) cannot have a label on a medium of \(whole) bytes",
      hint: "mpctl stop \(name) ends it")
    guard var label = old.label,
      let geometry = Geometry(sizeBytes: whole, blockBytes: old.geometry.blockBytes)
    else { throw impossible }
    do throws(LabelError) {
      label.record = try label.record.changed(sizeBytes: whole)
    } catch {
      throw impossible
    }
    return Medium(geometry: geometry, label: label)
  }

  /// Every path has to show the new label, or the medium that has grown is not the one behind that path.
  private func witness(
    _ paths: ArraySlice<PathEntry>, _ next: Medium, _ device: DeviceEntry,
    _ done: @escaping (ControlError?) -> Void
  ) {
    guard let path = paths.first else { return done(nil) }
    guard let source = path.source else {
      return witness(paths.dropFirst(), next, device, done)
    }
    compareOne(source, nil, next) { [self] verdict in
      if let error = error(verdict, path: path.path, sibling: device.name.text) {
        let message = "\(error.message); all paths have to show the label in its new place"
        return done(ControlError(.refused, message, hint: error.hint))
      }
      witness(paths.dropFirst(), next, device, done)
    }
  }

  private func eraseOld(
    _ old: Medium, through writer: MediumSource, _ device: DeviceEntry,
    _ done: @escaping () -> Void
  ) {
    guard let label = old.label else { return done() }
    elsewhere(
      "mpath-label", through: writer, { LabelWork.erase(label, through: $0, old.geometry) }
    ) { [self] answer in
      if let error = refusal(answer, device) {
        log.warning("the old label is left where it was: \(error.message)", metadata: about(device))
      }
      done()
    }
  }

  private func writer(of device: DeviceEntry) -> MediumSource? {
    device.paths.first { $0.isOpen && $0.isGood && !$0.isHeld }?.source
  }

  private func about(_ device: DeviceEntry) -> Logger.Metadata {
    ["device": "\(device.name.text)"]
  }

  /// What a thread's answer has against the move; nil when it has done its work.
  private func refusal(_ answer: LabelAnswer?, _ device: DeviceEntry) -> ControlError? {
    let reason: String
    switch answer {
    case .done: return nil
    case .foreign(let found):
      let what = found.map { $0.description }.joined(separator: ", ")
      return ControlError(
        .refused, "the new end of the medium of \(device.name.text) has \(what)",
        hint: "if nobody needs that, wipe it there and mpctl resize \(device.name.text)")
    case .refused(let error): reason = error.message
    case .failed(let trouble): reason = trouble.sentence
    case .unreadable: reason = "the medium does not show what was written"
    case .looked, .candidates, .merged, .watching, nil: reason = "the path did not answer"
    }
    return ControlError(
      .refused, "the label of \(device.name.text) could not be moved: \(reason)",
      hint: "mpctl resize \(device.name.text) tries again")
  }
}
