internal import BlockIO
internal import Control
internal import Glibc
internal import Label
internal import Logging
internal import Multipath
internal import Reactor

/// `label`: one path carries the label to the medium, and each of the others has to show it.
extension Supervisor {
  func label(_ params: LabelMethod.Params, _ respond: @escaping Respond<LabelMethod>) {
    let name: DeviceName
    let labelName: LabelName
    do throws(ControlError) {
      try params.check()
      name = try DeviceName(params.name)
      labelName = try Self.labelName(params.name)
      _ = try RunDirectory.usable(options.runDirectory.socket(of: name), workingDirectory: "/")
      if !params.force { try refuseStoppedLabel(name) }
      try claim(name)
    } catch {
      return respond(.failure(error))
    }
    let manner = OpeningManner(PathSettings(), buffered: params.options.io == .buffered)
    open(params.paths, params.paths.map { _ in manner }) { [self] results in
      labelOpened(name, labelName, params, results) { [self] outcome in
        namesInCreation.remove(name.text)
        respond(outcome)
      }
    }
  }

  private static func labelName(_ text: String) throws(ControlError) -> LabelName {
    do throws(LabelError) {
      return try LabelName(text)
    } catch {
      throw ControlError(.badRequest, error.message, hint: "choose a shorter name")
    }
  }

  private func labelOpened(
    _ name: DeviceName, _ labelName: LabelName, _ params: LabelMethod.Params,
    _ results: [Result<OpenedPath, OpenFailure>], _ done: @escaping Respond<LabelMethod>
  ) {
    let opened = results.compactMap { try? $0.get() }
    let giveUp: (ControlError) -> Void = { error in
      for path in opened { PathOpener.close(path.access) }
      done(.failure(error))
    }
    let geometry: Geometry
    let label: DeviceLabel
    do throws(ControlError) {
      // Nothing is written unless every path could be one, as in gmultipath.
      geometry = try judge(
        params.paths, results, expected: nil, allowDuplicate: params.options.allowDuplicate)
      label = try newLabel(labelName, params.mode, geometry, params.paths[0])
    } catch {
      return giveUp(error)
    }
    write(label, through: opened[0], geometry, params) { [self] error in
      if let error { return giveUp(error) }
      let settings = DeviceSettings(mode: params.mode, options: params.options)
      serveLabelled(name, label, settings, params.options, params.paths, results) {
        [self] outcome in
        let result = outcome.map { device, refused in
          LabelMethod.Result(
            name: name.text, uuid: label.record.uuid.text,
            uri: options.runDirectory.uri(of: name), socket: device.socket, refused: refused)
        }
        guard case .success = outcome else { return done(result) }
        save { [self] warning in
          if let warning { log.warning("\(warning)") }
          done(result)
        }
      }
    }
  }

  private func newLabel(
    _ name: LabelName, _ mode: DeviceMode, _ medium: Geometry, _ path: String
  ) throws(ControlError) -> DeviceLabel {
    var random = SystemRandomNumberGenerator()
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    for index in 0..<16 { bytes[index] = UInt8.random(in: 0...255, using: &random) }
    let record: LabelRecord
    do throws(LabelError) {
      record = try LabelRecord(
        uuid: LabelUUID(random: bytes), name: name, mode: mode.labelMode,
        sectorBytes: medium.blockBytes, sizeBytes: medium.sizeBytes)
    } catch {
      throw ControlError(.refused, "\(PrintableText.escaped(path)) is too small for a label")
    }
    return DeviceLabel(record: record, sectorBytes: medium.blockBytes)
  }

  private func write(
    _ label: DeviceLabel, through path: OpenedPath, _ medium: Geometry,
    _ params: LabelMethod.Params, _ done: @escaping (ControlError?) -> Void
  ) {
    let shown = PrintableText.escaped(params.paths[0])
    guard let source = path.access.source else {
      return done(ControlError(.internal, "an open path has no descriptor"))
    }
    let force = params.force
    elsewhere(
      "mpath-label", through: source,
      { LabelWork.write(label, through: $0, medium, force: force) }
    ) { answer in
      switch answer {
      case .done: done(nil)
      case .foreign(let found):
        let what = found.map { $0.description }.joined(separator: ", ")
        done(
          ControlError(
            .refused, "\(shown) has \(what)",
            hint: "if nobody needs that any more, --force labels the medium all the same"))
      case .refused(let error): done(ControlError(.refused, "\(shown): \(error.message)"))
      case .unreadable:
        done(
          ControlError(
            .refused, "\(shown) does not show the label that was written to it",
            hint: "the path or the medium is broken"))
      case .failed(let trouble):
        done(ControlError(.refused, "\(shown): \(trouble.sentence)", hint: trouble.hint))
      case .looked, .candidates, .merged, .watching, nil:
        done(
          ControlError(
            .timeout, "\(shown) did not answer while the label was being written",
            hint: "mpctl dump \(shown) shows whether it was"))
      }
    }
  }

  // MARK: Serving

  /// Serves the paths of a labelled medium that show its label and its content; the device, and a remark on
  /// each of the others, which are closed.
  func serveLabelled(
    _ name: DeviceName, _ label: DeviceLabel, _ settings: DeviceSettings,
    _ deviceOptions: DeviceOptions, _ paths: [String],
    _ results: [Result<OpenedPath, OpenFailure>],
    _ done: @escaping (Result<(DeviceEntry, [PathRemark]), ControlError>) -> Void
  ) {
    admit(paths, results, label) { [self] medium, admitted, refused in
      let entries = admitted.map { path, opened in
        var entry = PathEntry(id: newID(), path: path)
        entry.take(opened)
        return entry
      }
      do throws(ControlError) {
        try refuseUncoveredMode(settings, admitted.map { $0.opened })
      } catch {
        for entry in entries { PathOpener.close(entry.access) }
        return done(.failure(error))
      }
      guard let medium, let served = label.served(of: medium), !entries.isEmpty else {
        for entry in entries { PathOpener.close(entry.access) }
        return done(.failure(Self.nothingToServe(label, refused)))
      }
      serve(name, settings, served, deviceOptions, entries, label: label) { [self] outcome in
        switch outcome {
        case .failure(let error):
          for entry in entries { PathOpener.close(entry.access) }
          done(.failure(error))
        case .success(let device):
          noteAssembled(device)
          done(.success((device, refused)))
        }
      }
    }
  }

  private static func nothingToServe(
    _ label: DeviceLabel, _ refused: [PathRemark]
  ) -> ControlError {
    guard let first = refused.first else {
      return ControlError(
        .refused, "the label \(label.record.name) leaves no whole number of blocks to users")
    }
    return ControlError(.refused, "\(PrintableText.escaped(first.path)): \(first.reason)")
  }

  private func noteAssembled(_ device: DeviceEntry) {
    stopped.removeAll { $0.name == device.name.text }
    device.hasHadPath = true
    log.info(
      "labelled device assembled",
      metadata: [
        "device": "\(device.name.text)", "uuid": "\(device.label?.record.uuid.text ?? "none")",
        "mode": "\(device.settings.mode.rawValue)", "size": "\(device.geometry.sizeBytes)",
        "paths": "\(device.paths.map { $0.path }.joined(separator: " "))",
      ])
    record(.deviceCreated, device)
    if options.attachesAll { attachUnasked(device.name.text) }
  }

  private func attachUnasked(_ name: String) {
    attach(AttachMethod.Params(name: name)) { [self] outcome in
      if case .failure(let error) = outcome {
        log.error("not attached: \(error.message)", metadata: ["device": "\(name)"])
      }
    }
  }

  typealias Admitted = (path: String, opened: OpenedPath)

  /// Sorts paths into those that are ways to a labelled medium and those that are not; the latter are closed.
  /// The medium's geometry is nil when there is no path.
  private func admit(
    _ paths: [String], _ results: [Result<OpenedPath, OpenFailure>], _ label: DeviceLabel,
    _ done: @escaping (Geometry?, [Admitted], [PathRemark]) -> Void
  ) {
    var geometry: Geometry?
    var usable: [Admitted] = []
    var refused: [PathRemark] = []
    for (path, result) in zip(paths, results) {
      do throws(ControlError) {
        geometry = try judge(
          [path], [result], expected: geometry.map { ($0, usable.first?.path ?? path) },
          allowDuplicate: true)
        if case .success(let opened) = result { usable.append((path, opened)) }
      } catch {
        if case .success(let opened) = result { PathOpener.close(opened.access) }
        refused.append(PathRemark(path: path, reason: error.message, hint: error.hint))
      }
    }
    guard let geometry else { return done(nil, [], refused) }
    compareAll(usable, Medium(geometry: geometry, label: label)) { admitted, different in
      done(geometry, admitted, refused + different)
    }
  }

  /// The first path that shows the label is what the others are compared with, a disk or a file where there
  /// is one; the others all at once, so that a sick one keeps none waiting, unless a server's connection, which two
  /// threads cannot read at once, is all there is to compare with.
  func compareAll(
    _ paths: [Admitted], _ medium: Medium,
    _ done: @escaping (_ same: [Admitted], _ different: [PathRemark]) -> Void
  ) {
    let order =
      paths.indices.filter { paths[$0].opened.server == nil }
      + paths.indices.filter { paths[$0].opened.server != nil }
    compareNext(order[...], paths, medium, nil, [:]) { remarks in
      let same = paths.indices.filter { remarks[$0] == nil }.map { paths[$0] }
      done(same, paths.indices.compactMap { remarks[$0] })
    }
  }

  private func compareNext(
    _ order: ArraySlice<Int>, _ paths: [Admitted], _ medium: Medium, _ reference: MediumSource?,
    _ remarks: [Int: PathRemark], _ done: @escaping ([Int: PathRemark]) -> Void
  ) {
    if case .descriptor = reference {
      return compareRest(order, paths, medium, reference, remarks, done)
    }
    guard let index = order.first, let source = paths[index].opened.access.source else {
      return done(remarks)
    }
    compareOne(source, reference, medium) { [self] verdict in
      var remarks = remarks
      remarks[index] = refused(verdict, paths[index], medium)
      let next = reference ?? (remarks[index] == nil ? source : nil)
      compareNext(order.dropFirst(), paths, medium, next, remarks, done)
    }
  }

  private func compareRest(
    _ order: ArraySlice<Int>, _ paths: [Admitted], _ medium: Medium, _ reference: MediumSource?,
    _ known: [Int: PathRemark], _ done: @escaping ([Int: PathRemark]) -> Void
  ) {
    var remarks = known
    var left = order.count
    if left == 0 { return done(remarks) }
    for index in order {
      let judged: (MediumComparison.Verdict) -> Void = { [self] verdict in
        remarks[index] = refused(verdict, paths[index], medium)
        left -= 1
        if left == 0 { done(remarks) }
      }
      guard let source = paths[index].opened.access.source else {
        judged(.unreadable(.unreadable(errno: ENODEV)))
        continue
      }
      compareOne(source, reference, medium, judged)
    }
  }

  /// What is to be said of a path that is none of the medium's, which is closed; nil for one that is.
  private func refused(
    _ verdict: MediumComparison.Verdict, _ path: Admitted, _ medium: Medium
  ) -> PathRemark? {
    guard let remark = remark(verdict, path, medium) else { return nil }
    PathOpener.close(path.opened.access)
    return remark
  }

  private func remark(
    _ verdict: MediumComparison.Verdict, _ path: Admitted, _ medium: Medium
  ) -> PathRemark? {
    let label = medium.label?.record.name.text ?? "it"
    return error(verdict, path: path.path, sibling: label).map {
      PathRemark(path: path.path, reason: $0.message)
    }
  }
}

extension DeviceMode {
  var labelMode: LabelMode {
    switch self {
    case .activePassive: .activePassive
    case .activeActive: .activeActive
    case .activeRead: .activeRead
    }
  }
}

extension LabelMode {
  var deviceMode: DeviceMode {
    switch self {
    case .activePassive: .activePassive
    case .activeActive: .activeActive
    case .activeRead: .activeRead
    }
  }
}
