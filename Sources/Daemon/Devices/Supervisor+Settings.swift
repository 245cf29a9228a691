internal import BlockIO
internal import Control
internal import Logging
internal import Multipath
internal import Reactor

/// What an operator changes about a running device: its settings, its active path, its queue.
extension Supervisor {
  func set(_ params: SetMethod.Params, _ respond: @escaping Respond<SetMethod>) {
    change(params.name, respond) { [self] device, _, finish in
      var settings = device.settings
      var each = device.paths.map { $0.settings }
      let wanted = Assignment.list(params.settings)
      do throws(ControlError) {
        try Assignment.apply(wanted, to: &settings, paths: &each) { operand throws(ControlError) in
          try path(operand, of: device)
        }
        try Assignment.checkSelector(wanted, in: settings)
        try Assignment.checkConnections(each, of: device.paths.map { $0.path })
        try refuseUnpromised(each, device)
        try CacheFacts.judged(
          settings.cache, device.paths.map { $0.witness }, known: device.cache
        ).check(mode: settings.mode)
      } catch {
        return finish(.failure(error))
      }
      let before = (device.settings, device.paths.map { $0.settings })
      take(settings, each, device)
      let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
        guard case .done = answer else {
          take(before.0, before.1, device)
          return finish(.failure(error(answer, while: "being set")))
        }
        noteSettings(wanted, device)
        retuneKernelDevice(device, before.0)
        let later = remarkOnConnections(before.1, device)
        relabel(device) { [self] remark in
          save { warning in finish(.success(Change(warning: remark ?? warning ?? later))) }
        }
        endIfLastPathIsGone(device)
      }
      post(.tune(ticket: ticket, device: device.id, device.tuning), to: device)
    }
  }

  /// A path keeps the connections that it has: to make others would take it out of service.
  private func remarkOnConnections(_ before: [PathSettings], _ device: DeviceEntry) -> String? {
    let changed = zip(before, device.paths).filter { old, entry in
      entry.isOpen && entry.settings.connections != old.connections
    }
    guard let path = changed.first?.1 else { return nil }
    let count = path.settings.connections
    return
      "\(path.name) keeps the connections it has until it connects next, and gets \(count) then"
  }

  /// Several connections to a server that has said already that it does not want them.
  private func refuseUnpromised(
    _ settings: [PathSettings], _ device: DeviceEntry
  ) throws(ControlError) {
    for (setting, entry) in zip(settings, device.paths)
    where setting.connections > 1 && entry.server?.promisesMultiConnection == false {
      throw ControlError(
        .refused,
        "\(entry.name): server does not promise CAN_MULTI_CONN, without which a flush on one "
          + "connection says nothing about the others", hint: "give it one connection")
    }
  }

  /// After paths came or went: whether they share a cache may have changed.
  func retune(_ device: DeviceEntry) {
    let judged = device.judgeCache()
    guard judged != device.cache else { return }
    device.cache = judged
    log.info(
      "cache: \(judged.domain.rawValue), \(judged.sentence)",
      metadata: ["device": "\(device.name.text)"])
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { _ in }
    post(.tune(ticket: ticket, device: device.id, device.tuning), to: device)
  }

  /// Changes of one device happen one after the other, so its paths are still the same.
  private func take(_ settings: DeviceSettings, _ each: [PathSettings], _ device: DeviceEntry) {
    device.settings = settings
    defer { device.cache = device.judgeCache() }
    for (index, path) in each.enumerated() where index < device.paths.count {
      device.paths[index].settings = path
    }
  }

  private func noteSettings(_ wanted: [Assignment], _ device: DeviceEntry) {
    let text = wanted.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    log.info(
      "settings changed", metadata: ["device": "\(device.name.text)", "settings": "\(text)"])
    record(.settingsChanged, device) { $0.cause = text }
  }

  /// Does not wait for other changes of the device: it is for when nothing else moves.
  func failQueued(_ params: OneDevice, _ respond: @escaping Respond<FailQueuedMethod>) {
    do throws(ControlError) {
      let device = try device(named: params.name)
      let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
        guard case .counted(let count) = answer else {
          return respond(.failure(error(answer, while: "failing its queue")))
        }
        log.warning(
          "waiting requests failed by an operator",
          metadata: ["device": "\(device.name.text)", "requests": "\(count)"])
        respond(.success(FailQueuedMethod.Result(failed: count)))
      }
      post(.failQueued(ticket: ticket, device: device.id), to: device)
    } catch {
      respond(.failure(error))
    }
  }
}
