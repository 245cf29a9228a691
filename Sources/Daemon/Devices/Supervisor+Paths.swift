internal import BlockIO
internal import Control
internal import Glibc
internal import Logging
internal import Multipath
internal import Reactor

/// What an operator does to the paths of a device, and its end.
extension Supervisor {
  // MARK: add

  func add(_ params: AddMethod.Params, _ respond: @escaping Respond<AddMethod>) {
    do throws(ControlError) {
      try params.check()
    } catch {
      return respond(.failure(error))
    }
    change(params.name, respond) { [self] device, _, finish in
      if let error = obstacle(to: params.path, in: device) { return finish(.failure(error)) }
      let manner: OpeningManner
      let settings: PathSettings
      do throws(ControlError) {
        settings = try params.chosenSettings()
        manner = OpeningManner(
          settings, buffered: device.options.io == .buffered)
      } catch {
        return finish(.failure(error))
      }
      openOne(params.path, manner) { [self] result in
        guard let obstacle = absence(result) else {
          return addOpened(
            params.path, settings, result, device, sizeBytes: params.sizeBytes, finish)
        }
        guard params.sizeBytes != nil else {
          return addOpened(params.path, settings, result, device) { outcome in
            finish(outcome.mapError { Self.hintingAtSize($0, for: device) })
          }
        }
        if case .success(let opened) = result { PathOpener.close(opened.access) }
        addPending(params, settings, obstacle, device, finish)
      }
    }
  }

  func obstacle(to path: String, in device: DeviceEntry) -> ControlError? {
    let shown = PrintableText.escaped(path)
    if device.paths.contains(where: { $0.path == path }) {
      return ControlError(
        .exists, "\(shown) is already a path of the device \(device.name.text)",
        hint: "mpctl status \(device.name.text) shows its state")
    }
    if device.paths.count >= CreateMethod.pathsMax {
      return ControlError(
        .refused, "a device can have at most \(CreateMethod.pathsMax) paths")
    }
    return nil
  }

  func addOpened(
    _ path: String, _ settings: PathSettings, _ result: Result<OpenedPath, OpenFailure>,
    _ device: DeviceEntry, sizeBytes: UInt64? = nil, _ finish: @escaping Respond<AddMethod>
  ) {
    let giveUp: (ControlError) -> Void = { error in
      if case .success(let opened) = result { PathOpener.close(opened.access) }
      finish(.failure(error))
    }
    let opened: OpenedPath
    do throws(ControlError) {
      _ = try judge(
        [path], [result], expected: (device.medium.geometry, device.name.text),
        allowDuplicate: device.options.allowDuplicate)
      guard case .success(let success) = result else {
        throw ControlError(.internal, "a path that is not open passed the checks")
      }
      opened = success
      try CacheFacts.judged(
        device.settings.cache, device.paths.map { $0.witness } + [opened.witness],
        known: device.cache
      ).check(mode: device.settings.mode)
    } catch {
      return giveUp(error)
    }
    let reference = device.reference(besides: 0)
    guard let source = opened.access.source else {
      return giveUp(ControlError(.internal, "an open path has no descriptor"))
    }
    compareOne(source, reference, device.medium) { [self] verdict in
      if let trouble = verdict.trouble, let sizeBytes {
        PathOpener.close(opened.access)
        let params = AddMethod.Params(name: device.name.text, path: path, sizeBytes: sizeBytes)
        return addPending(params, settings, trouble.sentence, device, finish)
      }
      if let error = error(verdict, path: path, sibling: device.name.text) {
        return giveUp(error)
      }
      var entry = PathEntry(id: newID(), path: path)
      entry.take(opened)
      entry.settings = settings
      device.paths.append(entry)
      watch(folderOf: entry)
      let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
        guard case .done = answer else {
          device.paths.removeAll { $0.id == entry.id }
          return giveUp(error(answer, while: "adding the path"))
        }
        retune(device)
        log.info("path added", metadata: metadata(device, path))
        record(.pathAdded, device) { $0.path = entry.name }
        save { warning in finish(.success(Change(warning: warning))) }
      }
      post(.addPath(ticket: ticket, device: device.id, entry.setup()), to: device)
    }
  }

  // MARK: remove

  func remove(_ params: RemoveMethod.Params, _ respond: @escaping Respond<RemoveMethod>) {
    change(params.name, path: params.path, respond) { [self] device, index, finish in
      guard let index else { return }
      let entry = device.paths[index]
      if device.paths.count > 1 { return removeDrained(entry, of: device, finish) }
      let isForced = params.force ?? false
      guard isForced || device.settings.onLastPath == .destroy else {
        return finish(
          .failure(
            ControlError(
              .refused, "\(entry.name) is the last path of \(device.name.text)",
              hint: "add another path first, or end the device: mpctl destroy \(device.name.text)")
          ))
      }
      end(device, isForced: isForced, staysKnown: false, cause: "its last path was removed", finish)
    }
  }

  /// The path takes no new requests from here on, and is gone when its last attempt has answered.
  func removeDrained(
    _ entry: PathEntry, of device: DeviceEntry, _ finish: @escaping Respond<RemoveMethod>
  ) {
    var isAnswered = false
    let answer: (String?) -> Void = { [self] remark in
      guard !isAnswered else { return }
      isAnswered = true
      save { warning in finish(.success(Change(warning: remark ?? warning))) }
    }
    let timer = timers.after(DaemonLimits.drainPatience) {
      answer(
        "\(entry.name) takes no more requests, but has not answered all it has: "
          + "it is closed when it does")
    }
    closedHandlers[entry.id] = { [self] in
      timers.cancel(timer)
      device.leaving.removeValue(forKey: entry.id)
      log.info("path removed", metadata: metadata(device, entry.path))
      record(.pathRemoved, device) { $0.path = entry.name }
      answer(nil)
    }
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] reply in
      guard case .done = reply else {
        timers.cancel(timer)
        closedHandlers.removeValue(forKey: entry.id)
        guard !isAnswered else { return }
        isAnswered = true
        return finish(.failure(error(reply, while: "removing the path")))
      }
      device.paths.removeAll { $0.id == entry.id }
      if closedHandlers[entry.id] != nil { device.leaving[entry.id] = entry.path }
      if device.preferred == entry.id { device.preferred = nil }
      retune(device)
    }
    post(.removePath(ticket: ticket, device: device.id, path: entry.id), to: device)
  }

  // MARK: fail and restore

  func fail(_ params: FailMethod.Params, _ respond: @escaping Respond<FailMethod>) {
    change(params.name, path: params.path, respond) { [self] device, index, finish in
      guard let index else { return }
      let id = device.paths[index].id
      let isSoft = params.soft ?? false
      let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
        guard case .done = answer else {
          return finish(.failure(error(answer, while: "failing the path")))
        }
        // Auto-restore may end a soft hold at once, and then says so itself.
        if isSoft { return finish(.success(Change())) }
        setHeld(true, id, device)
        let remark = remarkOnLastPath(device)
        save { warning in finish(.success(Change(warning: remark ?? warning))) }
      }
      post(
        .holdPath(ticket: ticket, device: device.id, path: id, yields: isSoft), to: device)
    }
  }

  private func remarkOnLastPath(_ device: DeviceEntry) -> String? {
    guard !device.paths.contains(where: { $0.isGood && !$0.isHeld }) else { return nil }
    let seconds = device.settings.waitForPathSeconds
    return "no path of \(device.name.text) is in service now; requests "
      + (seconds > 0 ? "wait for \(seconds) s, then fail" : "fail at once")
  }

  private func setHeld(_ isHeld: Bool, _ id: UInt32, _ device: DeviceEntry) {
    guard let index = device.index(ofPath: id) else { return }
    device.paths[index].isHeld = isHeld
  }

  /// Ends a hold or a failure once the path proves to be a way to the same medium. One that does not answer
  /// stays out of service and returns by its probes; one that shows another medium is refused.
  func restore(_ params: PathSelection, _ respond: @escaping Respond<RestoreMethod>) {
    change(params.name, path: params.path, respond) { [self] device, index, finish in
      guard let index else { return }
      let entry = device.paths[index]
      if entry.isOpen { return restoreOpen(entry, device, finish) }
      reopen(entry.id, of: device) { [self] error in
        guard let index = device.index(ofPath: entry.id) else {
          return finish(.failure(ControlError(.notFound, "the path has gone meanwhile")))
        }
        if let error {
          guard !device.paths[index].isForeign else { return finish(.failure(error)) }
          return keepOut(entry, device, error, finish)
        }
        restoreOpen(device.paths[index], device, finish)
      }
    }
  }

  private func restoreOpen(
    _ entry: PathEntry, _ device: DeviceEntry, _ finish: @escaping Respond<RestoreMethod>
  ) {
    guard let source = entry.source else { return putBack(entry, device, finish) }
    compareResized(entry, source, device) { [self] verdict in
      switch verdict {
      // The connection that was identified is still up.
      case .same, .unreachable: putBack(entry, device, finish)
      case .different, .resized, .mislabelled:
        let refusal =
          error(verdict, path: entry.path, sibling: device.name.text)
          ?? ControlError(.refused, "it shows another medium")
        markForeign(entry.id, device, refusal.message)
        finish(.failure(refusal))
      case .unreadable(let trouble):
        let sentence = "it does not answer reads: \(ErrnoText.sentence(trouble.errno))"
        keepOut(entry, device, ControlError(.refused, sentence), errno: trouble.errno, finish)
      }
    }
  }

  private func putBack(
    _ entry: PathEntry, _ device: DeviceEntry, _ finish: @escaping Respond<RestoreMethod>
  ) {
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
      guard case .done = answer else {
        return finish(.failure(error(answer, while: "restoring the path")))
      }
      setHeld(false, entry.id, device)
      save { warning in finish(.success(Change(warning: warning))) }
    }
    post(.restorePath(ticket: ticket, device: device.id, path: entry.id), to: device)
  }

  /// The hold ends, the failure stays, and the operator is told.
  private func keepOut(
    _ entry: PathEntry, _ device: DeviceEntry, _ error: ControlError, errno: Int32 = ENODEV,
    _ finish: @escaping Respond<RestoreMethod>
  ) {
    let cause = FaultCause(errno: errno, operation: .read, offset: 0)
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
      guard case .done = answer else {
        return finish(.failure(self.error(answer, while: "restoring the path")))
      }
      setHeld(false, entry.id, device)
      save { _ in
        finish(
          .success(
            Change(
              warning: "\(entry.name) is not in service yet, \(error.message); "
                + "it returns by itself when its probes succeed")))
      }
    }
    post(
      .releaseHold(ticket: ticket, device: device.id, path: entry.id, cause), to: device)
  }

  func markForeign(_ id: UInt32, _ device: DeviceEntry, _ remark: String) {
    guard let index = device.index(ofPath: id) else { return }
    device.paths[index].remark = remark
    device.paths[index].isGood = false
    device.paths[index].isForeign = true
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { _ in }
    post(.markForeign(ticket: ticket, device: device.id, path: id), to: device)
  }

  func metadata(_ device: DeviceEntry, _ path: String) -> Logger.Metadata {
    ["device": "\(device.name.text)", "path": "\(path)"]
  }
}
