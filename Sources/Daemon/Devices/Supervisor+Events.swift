internal import BlockIO
internal import Control
internal import Glibc
internal import Logging
internal import Multipath
internal import Reactor

/// What reactors report unasked: path events, identity checks, paths to be opened anew.
extension Supervisor {
  func noteEvent(_ id: UInt32, _ event: DeviceEvent, at instant: Instant, waited: Interval?) {
    guard let device = owners.device(id) else { return }
    recordEvent(event, of: device, at: instant, waited: waited)
    logEvent(event, of: device)
    switch event {
    case .pathLost(let path, _):
      // It cannot answer any more.
      startDelayedFence(device, path)
      endIfLastPathIsGone(device)
    case .fenceNotNeeded(let path): device.fencesToCome.removeValue(forKey: path)
    case .pathRestored: device.hasHadPath = true
    // It may have shrunk.
    case .pathFailed, .mediumError: watchSize(of: device)
    case .pathForeign, .pathHeld, .pathStalled, .pathResolved, .activeChanged,
      .queueingBegan, .queueingEnded, .holdingBegan, .holdingEnded, .fenceBegan, .fenceFailed,
      .fenceSucceeded, .flushFailed, .slowClientDropped, .stateChanged:
      break
    }
  }

  private func logEvent(_ event: DeviceEvent, of device: DeviceEntry) {
    var about: Logger.Metadata = ["device": "\(device.name.text)"]
    switch event {
    case .pathFailed(let path, let cause):
      setGood(false, path, device, &about)
      about["cause"] = "\(Self.words(cause))"
      log.warning("path failed", metadata: about)
    case .pathLost(let path, let cause):
      setGood(false, path, device, &about)
      about["cause"] = "\(Self.words(cause))"
      log.warning("path lost", metadata: about)
      if let index = device.index(ofPath: path) { device.paths[index].isGone = true }
      dropDescriptor(path, of: device)
    case .pathForeign(let path):
      setGood(false, path, device, &about)
      if let index = device.index(ofPath: path) { device.paths[index].isForeign = true }
      log.error("path shows another medium", metadata: about)
    case .pathStalled(let path, let quiet, let reissued, let waiting):
      about["path"] = "\(pathText(path, device))"
      about["quiet_ms"] = "\(quiet.milliseconds)"
      about["reissued"] = "\(reissued)"
      about["waiting"] = "\(waiting)"
      log.warning("path stalled, its requests go elsewhere", metadata: about)
    case .pathResolved(let path):
      about["path"] = "\(pathText(path, device))"
      log.info("the path has answered everything that was given up", metadata: about)
    case .pathHeld(let path):
      about["path"] = "\(pathText(path, device))"
      log.info("path held by an operator", metadata: about)
    case .pathRestored(let path, let cause):
      setGood(true, path, device, &about)
      about["cause"] = "\(Self.words(cause))"
      log.info("path restored", metadata: about)
    case .activeChanged(let from, let to):
      about["from"] = "\(from.map { pathText($0, device) } ?? "none")"
      about["to"] = "\(to.map { pathText($0, device) } ?? "none")"
      log.info("active path changed", metadata: about)
    case .queueingBegan: log.error("no usable path, requests wait", metadata: about)
    case .queueingEnded: log.info("no request waits for a path any more", metadata: about)
    case .holdingBegan:
      log.warning("changes wait for one that may still happen elsewhere", metadata: about)
    case .holdingEnded: log.info("no change waits for another any more", metadata: about)
    case .mediumError(let cause):
      about["cause"] = "\(Self.words(cause))"
      log.error("every path answers with an error: the medium's fault", metadata: about)
    case .fenceBegan(let path):
      about["path"] = "\(pathText(path, device))"
      log.warning("the path has to be fenced before changes go elsewhere", metadata: about)
    case .fenceFailed(let path, let wait):
      about["path"] = "\(pathText(path, device))"
      about["retry_ms"] = "\(wait.milliseconds)"
      log.error("the fence of the path failed, changes wait", metadata: about)
    case .fenceSucceeded(let path, let waited):
      about["path"] = "\(pathText(path, device))"
      about["waited_ms"] = "\(waited.milliseconds)"
      log.warning("the path is fenced, changes go elsewhere", metadata: about)
    case .fenceNotNeeded(let path):
      about["path"] = "\(pathText(path, device))"
      log.info("the path need not be fenced any more", metadata: about)
    case .flushFailed(let path):
      about["path"] = "\(path.map { pathText($0, device) } ?? "removed")"
      log.error(
        "a FLUSH failed: acknowledged writes may be in the cache of a path that is gone",
        metadata: about)
    case .slowClientDropped:
      log.warning("a client that took no replies was dropped", metadata: about)
    case .stateChanged(let state):
      about["state"] = "\(state.rawValue)"
      log.info("device state", metadata: about)
    }
  }

  private func setGood(
    _ isGood: Bool, _ path: UInt32, _ device: DeviceEntry, _ about: inout Logger.Metadata
  ) {
    about["path"] = "\(pathText(path, device))"
    guard let index = device.index(ofPath: path) else { return }
    device.paths[index].isGood = isGood
    if isGood {
      device.paths[index].remark = nil
      device.paths[index].isGone = false
      device.paths[index].isForeign = false
    }
  }

  private func pathText(_ id: UInt32, _ device: DeviceEntry) -> String {
    device.index(ofPath: id).map { device.paths[$0].path } ?? "path \(id)"
  }

  /// Such as "EIO on write at 4096".
  static func words(_ cause: FaultCause) -> String {
    "\(ErrnoText.name(cause.errno)) on \(word(cause.operation)) at \(cause.offset)"
  }

  static func word(_ operation: Operation) -> String {
    switch operation {
    case .read: "read"
    case .write: "write"
    case .flush: "flush"
    case .discard: "discard"
    case .writeZeroes: "write zeroes"
    }
  }

  static func words(_ cause: RestoreCause) -> String {
    switch cause {
    case .operator: "operator"
    case .probes: "probes"
    case .lastGoodPathFailed: "the last good path failed"
    case .mediumSpoke: "every path says the same"
    case .mediumShrank: "the medium has shrunk, and ends before that place"
    }
  }

  // MARK: Identity

  /// A path's probes are good: it may return if it still shows the same medium.
  func checkIdentity(_ id: UInt32, _ path: UInt32, _ generation: UInt32) {
    guard let device = owners.device(id),
      let index = device.index(ofPath: path)
    else { return }
    let entry = device.paths[index]
    let answer: (IdentityVerdict) -> Void = { [self] verdict in
      post(
        .identityChecked(device: id, path: path, generation: generation, verdict), to: device)
    }
    guard let source = entry.source else { return answer(.unknown) }
    compareResized(entry, source, device) { [self] verdict in
      switch verdict {
      // The connection that was identified is still up, and its probes are good.
      case .same, .unreachable: answer(.same)
      case .unreadable: answer(.unknown)
      case .different, .resized, .mislabelled:
        if let index = device.index(ofPath: path) {
          device.paths[index].remark =
            error(verdict, path: entry.path, sibling: device.name.text)?.message
        }
        answer(.different)
      }
    }
  }

  // MARK: Lost paths

  /// A lost path's descriptor leads nowhere any more: it is given back, and the path opened anew when
  /// there is something to open.
  private func dropDescriptor(_ path: UInt32, of device: DeviceEntry) {
    guard let index = device.index(ofPath: path) else { return }
    if device.paths[index].isOpen {
      device.paths[index].access = .absent
      post(.reopenPath(device: device.id, device.paths[index].setup()), to: device)
    }
    reopenLater(path, of: device)
  }

  /// The reactor could not take a path that had been opened anew; its descriptors have come back already.
  func reopenRefused(_ id: UInt32, _ path: UInt32, _ refusal: ReactorRefusal) {
    guard let device = owners.device(id),
      let index = device.index(ofPath: path)
    else { return }
    device.paths[index].access = .absent
    device.paths[index].remark = error(.refused(refusal), while: "reopening the path").message
    reopenLater(path, of: device)
  }

  /// Says in the log, and in the path's status, why its server was left.
  func noteConnectionLost(_ id: UInt32, _ path: UInt32, _ reason: ConnectionEnd) {
    guard let device = owners.device(id),
      let index = device.index(ofPath: path)
    else { return }
    let sentence = reason.sentence
    device.paths[index].remark = sentence
    log.warning(
      "connection lost: \(sentence)", metadata: metadata(device, device.paths[index].path))
    // The machine has no use for the news of a path that it will not use again by itself.
    if device.paths[index].isForeign, device.paths[index].isOpen {
      device.paths[index].access = .absent
      post(.reopenPath(device: device.id, device.paths[index].setup()), to: device)
    }
  }

  func reopenLater(_ path: UInt32, of device: DeviceEntry) {
    guard let index = device.index(ofPath: path), !device.paths[index].isReopening,
      !device.paths[index].isForeign
    else { return }
    device.paths[index].isReopening = true
    let wait = device.paths[index].reopenWait
    device.paths[index].reopenWait = min(
      Interval(nanoseconds: wait.nanoseconds * 2), DaemonLimits.reopenLast)
    timers.after(jitter.shorten(wait)) { [self] in
      guard let index = device.index(ofPath: path), !device.isBeingDestroyed else { return }
      device.paths[index].isReopening = false
      guard !device.paths[index].isOpen, !device.paths[index].isForeign else { return }
      reopen(path, of: device) { [self] error in
        if error != nil { reopenLater(path, of: device) }
      }
    }
  }

  /// Opens a lost path; one that shows the right medium goes back to its reactor, where probes decide.
  func reopen(
    _ path: UInt32, of device: DeviceEntry, _ done: @escaping (ControlError?) -> Void
  ) {
    guard let index = device.index(ofPath: path) else { return done(nil) }
    let name = device.paths[index].path
    guard !device.paths[index].isOpening else {
      let sentence = "\(PrintableText.escaped(name)): an earlier try has not ended yet"
      return done(ControlError(.busy, sentence, hint: "wait a little"))
    }
    device.paths[index].isOpening = true
    let ended = {
      if let index = device.index(ofPath: path) { device.paths[index].isOpening = false }
    }
    openOne(name, device.manner(of: device.paths[index]), ended: ended) { [self] result in
      guard let index = device.index(ofPath: path), !device.isBeingDestroyed,
        !device.paths[index].isOpen
      else {
        if case .success(let opened) = result { PathOpener.close(opened.access) }
        return done(nil)
      }
      switch result {
      case .failure(let failure):
        let error = failure.error(path: name, owner: nil)
        device.paths[index].remark = error.message
        done(error)
      case .success(let opened):
        takeReopened(opened, path, device, done)
      }
    }
  }

  private func takeReopened(
    _ opened: OpenedPath, _ path: UInt32, _ device: DeviceEntry,
    _ done: @escaping (ControlError?) -> Void
  ) {
    let reference = device.reference(besides: path)
    guard let source = opened.access.source else { return done(nil) }
    compareOne(source, reference, device.medium) { [self] verdict in
      guard let index = device.index(ofPath: path), !device.isBeingDestroyed,
        !device.paths[index].isOpen
      else {
        PathOpener.close(opened.access)
        return done(nil)
      }
      if let error = error(
        verdict, path: device.paths[index].path, sibling: device.name.text)
        ?? uncovered(opened, at: index, of: device)
      {
        PathOpener.close(opened.access)
        device.paths[index].remark = error.message
        let isForeign =
          if case .mislabelled = verdict { true } else {
            opened.server != nil && verdict.isAnotherMedium
          }
        if isForeign { markForeign(path, device, error.message) }
        return done(error)
      }
      device.paths[index].take(opened)
      log.info("lost path opened again", metadata: metadata(device, device.paths[index].path))
      post(.reopenPath(device: device.id, device.paths[index].setup()), to: device)
      retune(device)
      done(nil)
    }
  }

  /// Where a name leads to may have changed meanwhile, and with it what the paths share.
  private func uncovered(
    _ opened: OpenedPath, at index: Int, of device: DeviceEntry
  ) -> ControlError? {
    var witnesses = device.paths.map { $0.witness }
    witnesses[index] = opened.witness
    do throws(ControlError) {
      try CacheFacts.judged(device.settings.cache, witnesses, known: device.cache)
        .check(mode: device.settings.mode)
      return nil
    } catch {
      return error
    }
  }
}
