internal import BlockIO
internal import Control
internal import Glibc
internal import Label
internal import Logging
internal import Multipath
internal import Reactor

/// Looking at media for labels, and what follows from it.
extension Supervisor {
  /// Runs `work` on a thread of its own; `done` gets its answer, or nil when none comes in time. False when
  /// there is no room for a thread, which `done` hears of, too.
  @discardableResult
  func elsewhere(
    _ thread: String, _ work: @escaping @Sendable () -> LabelAnswer,
    _ done: @escaping (LabelAnswer?) -> Void
  ) -> Bool {
    let ticket = ticket(patience: DaemonLimits.pathPatience) { answer in
      if case .labelled(let answer) = answer { return done(answer) }
      done(nil)
    }
    let inbox = inbox
    let isStarted = Thread.start(thread) { inbox.post(.answer(ticket: ticket, .labelled(work()))) }
    if !isStarted {
      inbox.post(.answer(ticket: ticket, .labelled(.failed(.unreadable(errno: EAGAIN)))))
    }
    return isStarted
  }

  /// The same for work on an open path, whose descriptor is duplicated: the caller may close its own when the
  /// patience is over, and the number may then be another's.
  func elsewhere(
    _ thread: String, through source: MediumSource,
    _ work: @escaping @Sendable (any SampleReader) -> LabelAnswer,
    _ done: @escaping (LabelAnswer?) -> Void
  ) {
    elsewhere(thread, through: KeptSource(source), work, done)
  }

  func elsewhere(
    _ thread: String, through kept: KeptSource,
    _ work: @escaping @Sendable (any SampleReader) -> LabelAnswer,
    _ done: @escaping (LabelAnswer?) -> Void
  ) {
    let isStarted = elsewhere(
      thread,
      {
        do throws(PathTrouble) {
          let deadline = ServerConnection.deadline(milliseconds: LabelWork.patienceMilliseconds)
          return work(try kept.reader(deadline: deadline))
        } catch {
          return .failed(error)
        }
      }, done)
    if !isStarted { kept.drop() }
  }

  /// Looks at these paths, except for those that are in use here, and takes what is labelled into service.
  func taste(_ names: [String], _ done: @escaping (RescanMethod.Result) -> Void) {
    let inUse = Set(devices.flatMap { $0.paths }.filter { $0.isOpen }.map { $0.path })
    let strangers = names.filter { !inUse.contains($0) }
    look(at: strangers) { [self] looks in
      var refused: [PathRemark] = []
      var seen: Set<PathIdentity> = []
      var found: [TastePlan.Found] = []
      for look in looks.sorted(by: { TastePlan.inOrder($0.path, $1.path) }) {
        if let identity = look.identity {
          guard !isInUse(identity), seen.insert(identity).inserted else { continue }
        }
        switch look.verdict {
        case .unlabelled: break
        case .refused(let refusal):
          log.debug("label not used: \(refusal.message)", metadata: ["path": "\(look.path)"])
          refused.append(PathRemark(path: look.path, reason: refusal.message))
        case .labelled(let record, let sectorBytes):
          found.append(TastePlan.Found(path: look.path, record: record, sectorBytes: sectorBytes))
        }
      }
      let running = Set(
        devices.filter { !$0.isBeingDestroyed }.compactMap { $0.label?.record.uuid })
      let steps = TastePlan.steps(found, running: running, isFree: isFree)
      take(steps[...], RescanMethod.Result(candidates: names.count, refused: refused), done)
    }
  }

  private func isInUse(_ identity: PathIdentity) -> Bool {
    devices.contains { device in
      device.paths.contains { $0.isOpen && $0.identity == identity }
    }
  }

  private func isFree(_ name: String) -> Bool {
    guard let name = try? DeviceName(name) else { return false }
    return !devices.contains { $0.name == name } && !namesInCreation.contains(name.text)
      && !stopped.contains { $0.name == name.text }
  }

  /// A few at a time; one that hangs is passed over when its patience is over.
  private func look(at paths: [String], _ done: @escaping ([MediumLook]) -> Void) {
    var looks: [MediumLook] = []
    var next = 0
    var left = paths.count
    if left == 0 { return done([]) }
    func lookAtNext() {
      guard next < paths.count else { return }
      let path = paths[next]
      next += 1
      elsewhere("mpath-taste", { .looked(LabelWork.look(path, evenIfHeld: false)) }) { answer in
        if case .looked(.success(let look)) = answer { looks.append(look) }
        left -= 1
        if left == 0 { done(looks) } else { lookAtNext() }
      }
    }
    for _ in 0..<min(DaemonLimits.looks, paths.count) { lookAtNext() }
  }

  // MARK: Steps

  /// One after the other: what one brings into service the next must find in use.
  private func take(
    _ steps: ArraySlice<TastePlan.Step>, _ result: RescanMethod.Result,
    _ done: @escaping (RescanMethod.Result) -> Void
  ) {
    guard let step = steps.first else { return done(result) }
    let rest: (RescanMethod.Result) -> Void = { [self] result in
      take(steps.dropFirst(), result, done)
    }
    switch step {
    case .attach(let path, let uuid): attach(path, uuid, result, rest)
    case .create(let name, let paths): assemble(name, paths, result, rest)
    }
  }

  private func attach(
    _ path: String, _ uuid: LabelUUID, _ result: RescanMethod.Result,
    _ done: @escaping (RescanMethod.Result) -> Void
  ) {
    guard let device = devices.first(where: { $0.label?.record.uuid == uuid }) else {
      return done(result)
    }
    let name = device.name.text
    let finish: (Result<Change, ControlError>) -> Void = { [self] outcome in
      switch outcome {
      case .success:
        done(result.adding(attached: RescanMethod.Result.Attached(device: name, path: path)))
      case .failure(let error):
        note(path, error.message)
        done(
          result.adding(refused: [PathRemark(path: path, reason: error.message, hint: error.hint)]))
      }
    }
    change(name, finish) { [self] device, _, finish in
      if let entry = device.paths.first(where: { $0.path == path }) {
        guard !entry.isOpen else { return finish(.success(Change())) }
        return reopen(entry.id, of: device) { error in
          finish(error.map { .failure($0) } ?? .success(Change()))
        }
      }
      if let error = obstacle(to: path, in: device) { return finish(.failure(error)) }
      let settings = PathSettings()
      let manner = OpeningManner(settings, buffered: device.options.io == .buffered)
      openOne(path, manner) { [self] result in
        addOpened(path, settings, result, device, finish)
      }
    }
  }

  private func assemble(
    _ text: String, _ found: [TastePlan.Found], _ result: RescanMethod.Result,
    _ done: @escaping (RescanMethod.Result) -> Void
  ) {
    guard let first = found.first, let name = try? DeviceName(text) else { return done(result) }
    if let index = stopped.firstIndex(where: { $0.label?.uuid == first.record.uuid.text }) {
      // What was set, and the operator's holds, come back with it.
      let specification = stopped.remove(at: index)
      guard let label = specification.label else { return done(result) }
      return restoreLabelled(specification, label) { [self] in
        let paths = found.filter { one in
          !devices.contains { $0.paths.contains { $0.path == one.path && $0.isOpen } }
        }
        let more = paths.map { TastePlan.Step.attach(path: $0.path, uuid: $0.record.uuid) }
        take(more[...], result.adding(created: specification.name), done)
      }
    }
    let failed: (ControlError) -> Void = { [self] error in
      note(first.path, error.message)
      done(
        result.adding(refused: [
          PathRemark(path: first.path, reason: error.message, hint: error.hint)
        ]))
    }
    do throws(ControlError) {
      _ = try RunDirectory.usable(options.runDirectory.socket(of: name), workingDirectory: "/")
      try claim(name)
    } catch {
      return failed(error)
    }
    if name.text != first.record.name.text {
      log.warning(
        "a labelled device runs under another name, since its own is taken or cannot be one",
        metadata: ["device": "\(name.text)", "label": "\(first.record.name)"])
    }
    let label = DeviceLabel(record: first.record, sectorBytes: first.sectorBytes)
    let settings = DeviceSettings(mode: first.record.mode.deviceMode, options: DeviceOptions())
    let paths = found.map { $0.path }
    let manner = OpeningManner(PathSettings(), buffered: false)
    open(paths, paths.map { _ in manner }) { [self] results in
      serveLabelled(name, label, settings, DeviceOptions(), paths, results) { [self] outcome in
        namesInCreation.remove(name.text)
        switch outcome {
        case .failure(let error): failed(error)
        case .success((_, let refused)):
          for remark in refused { note(remark.path, remark.reason) }
          done(result.adding(created: name.text, refused: refused))
        }
      }
    }
  }

  private func note(_ path: String, _ reason: String) {
    log.warning("a labelled path is not used: \(reason)", metadata: ["path": "\(path)"])
  }
}

extension RescanMethod.Result {
  func adding(
    created name: String? = nil, attached path: Attached? = nil, refused remarks: [PathRemark] = []
  ) -> RescanMethod.Result {
    RescanMethod.Result(
      candidates: candidates, created: created + (name.map { [$0] } ?? []),
      attached: attached + (path.map { [$0] } ?? []), refused: refused + remarks)
  }
}
