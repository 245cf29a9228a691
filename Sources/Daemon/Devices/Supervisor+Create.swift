internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Logging
internal import Multipath
internal import NBD
internal import Reactor

/// Making a device: open all paths, check that they are ways to one medium, serve it.
extension Supervisor {
  func create(_ params: CreateMethod.Params, _ respond: @escaping Respond<CreateMethod>) {
    let name: DeviceName
    let manners: [OpeningManner]
    do throws(ControlError) {
      try params.check()
      manners = try params.chosenSettings().1.map {
        OpeningManner($0, buffered: params.options.io == .buffered)
      }
      name = try DeviceName(params.name)
      _ = try RunDirectory.usable(
        options.runDirectory.socket(of: name), workingDirectory: "/")
      try refuseStoppedLabel(name)
      try claim(name)
    } catch {
      return respond(.failure(error))
    }
    open(params.paths, manners) { [self] results in
      finishCreate(name, params, results) { [self] outcome in
        namesInCreation.remove(name.text)
        respond(outcome)
      }
    }
  }

  /// In its place a device made by hand would give users the label's sector, and one elsewhere have it forgotten.
  func refuseStoppedLabel(_ name: DeviceName) throws(ControlError) {
    guard stopped.contains(where: { $0.name == name.text && $0.label != nil }) else { return }
    throw ControlError(
      .exists, "\(name.text) is stopped, and has a label",
      hint: "mpctl rescan assembles it; mpctl destroy \(name.text) forgets it")
  }

  func claim(_ name: DeviceName) throws(ControlError) {
    guard !owners.devices(called: name).contains(where: { !$0.hasVanished }),
      !namesInCreation.contains(name.text)
    else {
      throw ControlError(
        .exists, "there is a device \(name.text) already",
        hint: "choose another name, or mpctl destroy \(name.text) first")
    }
    namesInCreation.insert(name.text)
  }

  /// Opens paths side by side, each with its own patience; the results come in the order of `paths`.
  func open(
    _ paths: [String], _ manners: [OpeningManner],
    _ done: @escaping ([Result<OpenedPath, OpenFailure>]) -> Void
  ) {
    var results = [Result<OpenedPath, OpenFailure>?](repeating: nil, count: paths.count)
    for (index, (path, manner)) in zip(paths, manners).enumerated() {
      openOne(path, manner) { result in
        results[index] = result
        let complete = results.compactMap { $0 }
        if complete.count == paths.count { done(complete) }
      }
    }
  }

  /// `ended` is called when the helper thread has ended, which may be later than its answer is waited for.
  func openOne(
    _ path: String, _ manner: OpeningManner, ended: @escaping () -> Void = {},
    _ done: @escaping (Result<OpenedPath, OpenFailure>) -> Void
  ) {
    let ticket = ticket(
      patience: DaemonLimits.pathPatience,
      late: { answer in
        if case .opened(.success(let opened)) = answer { PathOpener.close(opened.access) }
        ended()
      },
      { answer in
        if case .opened(let result) = answer {
          ended()
          return done(result)
        }
        done(.failure(OpenFailure(errno: ETIMEDOUT, isOtherKind: false, identity: nil)))
      })
    let inbox = inbox
    PathOpener.open(path, manner) { result in
      inbox.post(.answer(ticket: ticket, .opened(result)))
    }
  }

  private func finishCreate(
    _ name: DeviceName, _ params: CreateMethod.Params,
    _ results: [Result<OpenedPath, OpenFailure>], _ done: @escaping Respond<CreateMethod>
  ) {
    let opened = results.compactMap { try? $0.get() }
    let giveUp: (ControlError) -> Void = { error in
      for path in opened { PathOpener.close(path.access) }
      done(.failure(error))
    }
    do throws(ControlError) {
      let geometry = try judge(
        params.paths, results, expected: nil, allowDuplicate: params.options.allowDuplicate)
      let (settings, each) = try params.chosenSettings()
      try refuseUncoveredMode(settings, opened)
      compare(params.paths, opened, geometry) { [self] error in
        if let error { return giveUp(error) }
        var entries: [PathEntry] = []
        for (index, opened) in opened.enumerated() {
          var entry = PathEntry(id: newID(), path: params.paths[index])
          entry.take(opened)
          entry.settings = each[index]
          entries.append(entry)
        }
        serve(name, settings, geometry, params.options, entries) { [self] outcome in
          switch outcome {
          case .failure(let error): giveUp(error)
          case .success(let device): created(device, done)
          }
        }
      }
    } catch {
      giveUp(error)
    }
  }

  private func created(_ device: DeviceEntry, _ done: @escaping Respond<CreateMethod>) {
    log.info(
      "device created",
      metadata: [
        "device": "\(device.name.text)", "mode": "\(device.settings.mode.rawValue)",
        "size": "\(device.geometry.sizeBytes)",
        "paths": "\(device.paths.map { $0.path }.joined(separator: " "))",
      ])
    stopped.removeAll { $0.name == device.name.text }
    device.hasHadPath = true
    record(.deviceCreated, device)
    let uri = options.runDirectory.uri(of: device.name)
    save { [self] warning in
      if let warning { log.warning("\(warning)") }
      done(
        .success(
          CreateMethod.Result(name: device.name.text, uri: uri, socket: device.socket)))
    }
  }

  // MARK: Checks

  /// All paths open, none twice or taken, all of one geometry; the geometry.
  func judge(
    _ paths: [String], _ results: [Result<OpenedPath, OpenFailure>],
    expected: (geometry: Geometry, path: String)?, allowDuplicate: Bool
  ) throws(ControlError) -> Geometry {
    // Before anything else: of two names of one block device, either may be the one that found it held.
    if !allowDuplicate { try refuseTwins(paths, results) }
    var agreed = expected
    let blockBytes = expected?.geometry.blockBytes ?? Self.commonBlock(results)
    for (path, result) in zip(paths, results) {
      let opened = try open(path, result)
      if let owner = owner(of: opened.identity), !allowDuplicate {
        throw ControlError(
          .refused,
          "\(PrintableText.escaped(path)) is already a path of the device \(owner)",
          hint: "mpctl status \(owner) shows it; a path serves one device")
      }
      agreed = (try geometry(of: path, opened, agreed, blockBytes), agreed?.path ?? path)
    }
    guard let agreed else { throw ControlError(.badRequest, "a device needs at least one path") }
    return agreed.geometry
  }

  private func refuseTwins(
    _ paths: [String], _ results: [Result<OpenedPath, OpenFailure>]
  ) throws(ControlError) {
    var seen: [PathIdentity: String] = [:]
    for (path, result) in zip(paths, results) {
      let identity: PathIdentity?
      switch result {
      case .success(let opened): identity = opened.identity
      case .failure(let failure): identity = failure.identity
      }
      guard let identity else { continue }
      if let twin = seen[identity] {
        throw ControlError(
          .refused,
          "\(PrintableText.escaped(path)) and \(PrintableText.escaped(twin)) are the same "
            + "\(identity.noun) under two names",
          hint: "a second path must be another way to the medium")
      }
      seen[identity] = path
    }
  }

  private func open(
    _ path: String, _ result: Result<OpenedPath, OpenFailure>
  ) throws(ControlError) -> OpenedPath {
    switch result {
    case .success(let opened): return opened
    case .failure(let failure):
      throw failure.error(path: path, owner: failure.identity.flatMap { owner(of: $0) })
    }
  }

  /// The device that has a path of this identity.
  func owner(of identity: PathIdentity) -> String? {
    owners.devices(with: identity).first?.name.text
  }

  private func geometry(
    of path: String, _ opened: OpenedPath, _ agreed: (geometry: Geometry, path: String)?,
    _ blockBytes: UInt32
  ) throws(ControlError) -> Geometry {
    let shown = PrintableText.escaped(path)
    guard opened.sizeBytes > 0 else {
      throw ControlError(
        .refused, "\(shown) is empty: it has 0 bytes",
        hint: Self.hintOnEmpty(opened, shown))
    }
    if let agreed, agreed.geometry.sizeBytes != opened.sizeBytes {
      throw ControlError(
        .refused,
        "\(shown) has \(opened.sizeBytes) bytes and \(PrintableText.escaped(agreed.path)) has "
          + "\(agreed.geometry.sizeBytes): the paths of a device must have the same size",
        hint: "name paths to one medium")
    }
    if let server = opened.server, server.minimumBlockBytes > blockBytes {
      throw ControlError(
        .refused,
        "\(shown): server takes blocks of \(server.minimumBlockBytes) bytes, and the device has "
          + "blocks of \(blockBytes)",
        hint: "create the device over this path first, so that its blocks become the device's")
    }
    if opened.server == nil, blockBytes != opened.blockBytes, let agreed {
      throw ControlError(
        .refused,
        "\(shown) has blocks of \(opened.blockBytes) bytes and "
          + "\(PrintableText.escaped(agreed.path)) of \(blockBytes): "
          + "the paths of a device must have the same block size",
        hint: "for a loop device, losetup --sector-size sets it")
    }
    guard let geometry = Geometry(sizeBytes: opened.sizeBytes, blockBytes: blockBytes) else {
      let isFile = !opened.identity.isBlockDevice && opened.server == nil
      throw ControlError(
        .refused,
        "\(shown) has \(opened.sizeBytes) bytes, which is no multiple of its block size of "
          + "\(blockBytes)",
        hint: isFile ? "truncate -s %\(blockBytes) \(shown) rounds it up to a whole block" : nil)
    }
    return geometry
  }

  private static func hintOnEmpty(_ opened: OpenedPath, _ shown: String) -> String {
    switch opened.identity {
    case .block: "attach a medium first, with losetup for a loop device"
    case .file: "truncate -s SIZE \(shown)"
    case .export: "have the server offer a medium"
    }
  }

  /// The blocks of a device over these paths: those of its disks and files, or else the largest that a server
  /// insists on.
  private static func commonBlock(_ results: [Result<OpenedPath, OpenFailure>]) -> UInt32 {
    let opened = results.compactMap { try? $0.get() }
    let local = opened.first { $0.server == nil }?.blockBytes
    return local ?? opened.map { $0.blockBytes }.max() ?? NetworkOpener.blockBytesMin
  }

  /// Before anything is compared: a mode that the paths cannot have.
  func refuseUncoveredMode(
    _ settings: DeviceSettings, _ opened: [OpenedPath]
  ) throws(ControlError) {
    try CacheFacts.judged(settings.cache, opened.map { $0.witness }, known: nil)
      .check(mode: settings.mode)
  }

  /// Compares every path with one of them on samples of the medium, a disk or a file where there is one.
  ///
  /// One after the other, since a connection cannot be read by two threads at once.
  private func compare(
    _ names: [String], _ opened: [OpenedPath], _ geometry: Geometry,
    _ done: @escaping (ControlError?) -> Void
  ) {
    let chosen = opened.firstIndex { $0.server == nil } ?? 0
    compareNext(0, chosen, names, opened, geometry, done)
  }

  private func compareNext(
    _ index: Int, _ chosen: Int, _ names: [String], _ opened: [OpenedPath], _ geometry: Geometry,
    _ done: @escaping (ControlError?) -> Void
  ) {
    guard index < opened.count, let source = opened[index].access.source else { return done(nil) }
    let reference = index == chosen ? nil : opened[chosen].access.source
    compareOne(source, reference, Medium(geometry: geometry, label: nil)) { [self] verdict in
      if let error = error(verdict, path: names[index], sibling: names[chosen]) {
        return done(error)
      }
      compareNext(index + 1, chosen, names, opened, geometry, done)
    }
  }

  func compareOne(
    _ path: MediumSource, _ reference: MediumSource?, _ medium: Medium,
    _ done: @escaping (MediumComparison.Verdict) -> Void
  ) {
    let ticket = ticket(patience: DaemonLimits.pathPatience) { answer in
      if case .compared(let verdict) = answer { return done(verdict) }
      done(.unreadable(.unreadable(errno: ETIMEDOUT)))
    }
    let inbox = inbox
    MediumComparison.start(path: path, reference: reference, medium: medium) { verdict in
      inbox.post(.answer(ticket: ticket, .compared(verdict)))
    }
  }

  /// What a comparison's outcome means for somebody who wants to use the path; nil when it may be used.
  func error(
    _ verdict: MediumComparison.Verdict, path: String, sibling: String
  ) -> ControlError? {
    let shown = PrintableText.escaped(path)
    switch verdict {
    case .same: return nil
    case .different(let offset):
      return ControlError(
        .refused,
        "\(shown) shows another medium than \(PrintableText.escaped(sibling)): "
          + "they differ at byte \(offset)",
        hint: "name paths to one medium; mpath does not replicate")
    case .resized(let size):
      return ControlError(.refused, "\(shown) has \(size) bytes, not the size of the device")
    case .mislabelled(let remark):
      return ControlError(
        .refused, "\(shown) is no way to the medium of \(sibling): \(remark)",
        hint: "mpctl dump \(shown) shows its label")
    case .unreadable(let trouble) where trouble.errno == ETIMEDOUT:
      return OpenFailure(errno: ETIMEDOUT, isOtherKind: false, identity: nil)
        .error(path: path, owner: nil)
    case .unreadable(let trouble), .unreachable(let trouble):
      return ControlError(.refused, "\(shown): \(trouble.sentence)", hint: trouble.hint)
    }
  }

  // MARK: Serving

  /// Listens for clients of a checked device and hands it to the least loaded reactor.
  func serve(
    _ name: DeviceName, _ settings: DeviceSettings, _ geometry: Geometry,
    _ deviceOptions: DeviceOptions, _ paths: [PathEntry], lost: [UInt32: FaultCause] = [:],
    preferred: UInt32? = nil, cache: CacheFacts? = nil, label: DeviceLabel? = nil,
    _ done: @escaping (Result<DeviceEntry, ControlError>) -> Void
  ) {
    let socket = options.runDirectory.socket(of: name)
    let listener = unsafe mp_listen_unix(socket, options.socketMode, 512)
    guard listener >= 0 else {
      let sentence =
        "the socket \(socket) cannot be created: \(ErrnoText.sentence(-listener))"
      return done(.failure(ControlError(.internal, sentence)))
    }
    var load = [Int](repeating: 0, count: reactors.count)
    for device in devices { load[device.reactor] += 1 }
    let reactor = load.indices.min { load[$0] < load[$1] } ?? 0
    let device = DeviceEntry(
      id: newID(), name: name, geometry: geometry, settings: settings, options: deviceOptions,
      reactor: reactor, socket: socket, paths: paths, preferred: preferred, cache: cache,
      label: label)
    devices.append(device)
    for entry in paths { watch(folderOf: entry) }
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
      if case .done = answer { return done(.success(device)) }
      devices.removeAll { $0 === device }
      unsafe unlink(socket)
      done(.failure(error(answer, while: "creating it")))
    }
    post(
      .create(
        ticket: ticket,
        DeviceSetup(
          id: device.id, configuration: device.tuning.configuration(geometry),
          export: Self.export(device), mediumBytes: device.medium.geometry.sizeBytes,
          listener: listener,
          paths: paths.map {
            $0.setup(lost: lost[$0.id], isPreferred: $0.id == preferred)
          }, tuning: device.tuning)),
      to: device)
  }

  /// Clients may ask for its description (NBD_INFO_DESCRIPTION).
  static func export(_ device: DeviceEntry) -> ExportDescription {
    let (name, geometry) = (device.name.text, device.geometry)
    return ExportDescription(
      name: name, description: device.physicalPath ?? "mpath device \(name)",
      sizeBytes: geometry.sizeBytes, minimumBlockBytes: geometry.blockBytes,
      preferredBlockBytes: max(4096, geometry.blockBytes), maximumPayloadBytes: 32 << 20,
      flags: [
        // Not sendCache: direct I/O has no cache to read ahead into.
        .sendFlush, .sendFUA, .sendTrim, .sendWriteZeroes, .canMultiConnection, .sendFastZero,
      ])
  }
}
