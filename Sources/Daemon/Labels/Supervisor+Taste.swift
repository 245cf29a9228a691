internal import BlockIO
internal import Control
internal import Glibc
internal import Label
internal import Logging
internal import Multipath
internal import Reactor
internal import Registry

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
    let isStarted = HelperThreads.start(thread) {
      inbox.post(.answer(ticket: ticket, .labelled(work())))
    }
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

  /// Looks at these paths, which are in the order of `TastePlan`, except for those that are in use here, and takes
  /// what is labelled into service; when `isDry`, says what would be.
  ///
  /// - Parameter others: Looked at as well, and not noted as candidates.
  func taste(
    _ names: [String], besides others: [String] = [], isDry: Bool = false,
    _ done: @escaping (RescanMethod.Result) -> Void
  ) {
    let all = others.isEmpty ? names : Set(names + others).sorted(by: TastePlan.inOrder)
    let candidates = others.isEmpty ? [] : Set(names)
    var strangers: [String] = []
    inSlices(all.count) { [self] index in
      if !isDry, others.isEmpty || candidates.contains(all[index]) {
        taster.candidates.enter(all[index])
      }
      if !owners.isInService(all[index]) { strangers.append(all[index]) }
    } _: { [self] in
      look(at: strangers) { [self] looks in judge(looks, names.count, isDry: isDry, done) }
    }
  }

  private func judge(
    _ looks: [MediumLook?], _ candidates: Int, isDry: Bool,
    _ done: @escaping (RescanMethod.Result) -> Void
  ) {
    var refused: [PathRemark] = []
    var seen: Set<PathIdentity> = []
    var found: [TastePlan.Found] = []
    var disks: [LabelUUID: [DiskName]] = [:]
    inSlices(looks.count) { [self] index in
      guard let look = looks[index] else { return }
      if let identity = look.identity {
        guard !isInUse(identity), seen.insert(identity).inserted else { return }
      }
      switch look.verdict {
      case .unlabelled: break
      case .refused(let refusal):
        log.debug("label not used: \(refusal.message)", metadata: ["path": "\(look.path)"])
        refused.append(PathRemark(path: look.path, reason: refusal.message))
      case .labelled(let record, let sectorBytes):
        if let remark = copyRemark(on: look, record, besides: disks) {
          refused.append(remark)
          return
        }
        if let disk = look.diskName { disks[record.uuid, default: []].append(disk) }
        found.append(TastePlan.Found(path: look.path, record: record, sectorBytes: sectorBytes))
      }
    } _: { [self] in
      let running = owners.running(among: Set(found.map { $0.record.uuid }))
      let steps = TastePlan.steps(found, running: running, isFree: isFree)
      let result = RescanMethod.Result(candidates: candidates, refused: refused)
      if isDry { return done(imagined(steps, result)) }
      take(steps, result, done)
    }
  }

  private func isInUse(_ identity: PathIdentity) -> Bool {
    owners.devices(with: identity).contains { device in
      device.paths.contains { $0.isOpen && $0.identity == identity }
    }
  }

  /// What the steps would bring.
  private func imagined(
    _ steps: [TastePlan.Step], _ result: RescanMethod.Result
  ) -> RescanMethod.Result {
    var result = result
    for step in steps {
      switch step {
      case .create(let name, let found):
        let uuid = found.first?.record.uuid.text
        let known = stopped.first { $0.label?.uuid == uuid }?.name
        result = result.adding(created: known ?? name)
      case .attach(let path, let uuid):
        let device = owners.device(labelled: uuid)?.name.text ?? uuid.text
        result = result.adding(
          attached: RescanMethod.Result.Attached(device: device, path: path))
      }
    }
    return result
  }

  private func isFree(_ name: String) -> Bool {
    guard let name = try? DeviceName(name) else { return false }
    return owners.devices(called: name).isEmpty && !namesInCreation.contains(name.text)
      && !stopped.contains { $0.name == name.text }
  }

  /// Those that answer in time. One that hangs is looked at by one thread only, however often it is asked for, and
  /// tasted when it answers after all.
  ///
  /// - Parameter done: Gets them in the order of `paths`, and nil for one that did not answer.
  private func look(at paths: [String], _ done: @escaping ([MediumLook?]) -> Void) {
    let free = paths.filter { !taster.looking.contains($0) }
    var looks = [MediumLook?](repeating: nil, count: free.count)
    var isOver = false
    inCrowd(
      free.count,
      { [self] index, ended in
        let path = free[index]
        guard taster.looking.count < DaemonLimits.looksMax else { return ended() }
        taster.looking.insert(path)
        let ticket = openTicket { [self] answer in
          taster.looking.remove(path)
          if case .labelled(.looked(let result)) = answer {
            noteLook(path, result)
            if case .success(let look) = result, !isOver { looks[index] = look }
          }
          // The last one that answers in time ends the crowd itself, and is in what that has found.
          let isLate = isOver
          ended()
          if isLate { arrived(path, isNew: false) }
        }
        let inbox = inbox
        let isStarted = HelperThreads.start("mpath-taste") {
          let result = LabelWork.look(path, evenIfHeld: false)
          inbox.post(.answer(ticket: ticket, .labelled(.looked(result))))
        }
        if !isStarted {
          let failure = OpenFailure(errno: EAGAIN, isOtherKind: false, identity: nil)
          inbox.post(.answer(ticket: ticket, .labelled(.looked(.failure(failure)))))
        }
      },
      { [self] in
        isOver = true
        for path in free where taster.looking.contains(path) { noteSilence(path) }
        done(looks)
      })
  }

  // MARK: Steps

  /// A few at the same time, since what one brings into service no other has: paths with one identity were told
  /// apart before, and changes of one device happen one after the other.
  private func take(
    _ steps: [TastePlan.Step], _ result: RescanMethod.Result,
    _ done: @escaping (RescanMethod.Result) -> Void
  ) {
    var result = result
    var next = 0
    var left = steps.count
    if left == 0 { return done(result) }
    func takeNext() {
      guard next < steps.count else { return }
      let step = steps[next]
      next += 1
      let nothing = RescanMethod.Result(candidates: 0)
      take(step, nothing) { more in
        result = result.adding(more)
        left -= 1
        if left == 0 { done(result) } else { takeNext() }
      }
    }
    for _ in 0..<min(DaemonLimits.assemblies, steps.count) { takeNext() }
  }

  private func take(
    _ step: TastePlan.Step, _ result: RescanMethod.Result,
    _ done: @escaping (RescanMethod.Result) -> Void
  ) {
    switch step {
    case .attach(let path, let uuid): attach(path, uuid, result, done)
    case .create(let name, let paths): assemble(name, paths, result, done)
    }
  }

  private func attach(
    _ path: String, _ uuid: LabelUUID, _ result: RescanMethod.Result,
    _ done: @escaping (RescanMethod.Result) -> Void
  ) {
    guard let device = owners.device(labelled: uuid) else {
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
      if let error = obstacle(to: path, in: device) {
        removeReplaced(in: device)
        return finish(.failure(error))
      }
      let settings = PathSettings()
      let manner = OpeningManner(settings, buffered: device.options.io == .buffered)
      openOne(path, manner) { [self] result in
        addOpened(path, settings, result, device) { [self] outcome in
          finish(outcome)
          if case .success = outcome { removeReplaced(in: device) }
        }
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
        guard devices.contains(where: { $0.label?.record.uuid == first.record.uuid }) else {
          stopped.append(specification)
          let reason = "\(specification.name) could not be assembled; the log says why"
          return done(result.adding(refused: [PathRemark(path: first.path, reason: reason)]))
        }
        let paths = found.filter { one in
          !devices.contains { $0.paths.contains { $0.path == one.path && $0.isOpen } }
        }
        let more = paths.map { TastePlan.Step.attach(path: $0.path, uuid: $0.record.uuid) }
        take(more, result.adding(created: specification.name), done)
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
          // Its label says all that a restart has to know.
          saveSoon()
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
  func adding(_ other: RescanMethod.Result) -> RescanMethod.Result {
    var sum = RescanMethod.Result(
      candidates: candidates, created: created + other.created,
      attached: attached + other.attached, refused: refused + other.refused)
    (sum.lost, sum.foreign, sum.rechecked) = (lost, foreign, rechecked)
    return sum
  }

  func adding(
    created name: String? = nil, attached path: Attached? = nil, refused remarks: [PathRemark] = []
  ) -> RescanMethod.Result {
    adding(
      RescanMethod.Result(
        candidates: 0, created: name.map { [$0] } ?? [], attached: path.map { [$0] } ?? [],
        refused: remarks))
  }
}
