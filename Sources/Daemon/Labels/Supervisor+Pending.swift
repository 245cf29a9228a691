internal import BlockIO
internal import Control
internal import Glibc
internal import Logging
internal import Multipath
internal import Reactor

/// `add --size`: paths of a labelled device that cannot be read yet.
extension Supervisor {
  /// Why a path is not there, in words; nil when it is there, or cannot be a path whatever happens.
  func absence(_ result: Result<OpenedPath, OpenFailure>) -> String? {
    switch result {
    case .success(let opened):
      // A loop device without a file can be opened and has no bytes.
      return opened.sizeBytes == 0 ? "it has no medium" : nil
    case .failure(let failure):
      if let trouble = failure.trouble { return trouble.sentence }
      if failure.isOtherKind { return nil }
      switch failure.errno {
      case EBUSY, EACCES, EPERM, EROFS, EISDIR, ELOOP, ENAMETOOLONG: return nil
      case ENOENT: return "there is none yet"
      case let errno: return ErrnoText.sentence(errno)
      }
    }
  }

  /// What has a label may be added before it is there.
  static func hintingAtSize(_ error: ControlError, for device: DeviceEntry) -> ControlError {
    guard device.label != nil else { return error }
    let size = device.medium.geometry.sizeBytes
    return ControlError(
      error.code, error.message,
      hint: (error.hint.map { $0 + "; or add it" } ?? "add it")
        + " before it is there with --size \(size)")
  }

  /// Lists the path as LOST. It is opened when it can be, and comes into service when its label proves right.
  func addPending(
    _ params: AddMethod.Params, _ settings: PathSettings, _ absence: String, _ device: DeviceEntry,
    _ finish: @escaping Respond<AddMethod>
  ) {
    let shown = PrintableText.escaped(params.path)
    if let refusal = refusal(of: params, for: device) { return finish(.failure(refusal)) }
    var entry = PathEntry(id: newID(), path: params.path)
    entry.settings = settings
    entry.isGood = false
    entry.remark = absence
    device.paths.append(entry)
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
      guard case .done = answer else {
        device.paths.removeAll { $0.id == entry.id }
        return finish(.failure(error(answer, while: "adding the path")))
      }
      log.info(
        "path added that is not there yet: \(absence)", metadata: metadata(device, entry.path))
      record(.pathAdded, device) { $0.path = entry.name }
      reopenLater(entry.id, of: device)
      let remark =
        "\(shown) is not there yet: \(absence); it comes into service by itself when its label "
        + "proves right"
      save { warning in finish(.success(Change(warning: warning ?? remark))) }
    }
    let cause = FaultCause(errno: ENODEV, operation: .read, offset: 0)
    post(.addPath(ticket: ticket, device: device.id, entry.setup(lost: cause)), to: device)
  }

  private func refusal(
    of params: AddMethod.Params, for device: DeviceEntry
  ) -> ControlError? {
    guard device.label != nil else {
      return ControlError(
        .refused,
        "\(PrintableText.escaped(params.path)) is not there, and \(device.name.text) has no label "
          + "by which it could be known later",
        hint: "add the path when it is there")
    }
    let sizeBytes = device.medium.geometry.sizeBytes
    guard params.sizeBytes == sizeBytes else {
      return ControlError(
        .refused,
        "a path of \(params.sizeBytes ?? 0) bytes cannot be one of \(device.name.text), whose medium "
          + "has \(sizeBytes)",
        hint: "give the size of the medium, as mpctl list shows it of the paths")
    }
    return nil
  }
}
