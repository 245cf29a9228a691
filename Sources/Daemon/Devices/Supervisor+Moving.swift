internal import BlockIO
internal import Control
internal import Reactor

/// Which path is the active one, as operators wish it.
extension Supervisor {
  func prefer(_ params: PreferMethod.Params, _ respond: @escaping Respond<PreferMethod>) {
    change(params.name, path: params.path, respond) { [self] device, index, finish in
      guard let index else { return }
      let entry = device.paths[index]
      let isSticky = params.sticky ?? false
      move(
        device,
        { .prefer(ticket: $0, device: device.id, path: entry.id, sticky: isSticky) },
        { [self] answer in
          if case .refused(.pathNotUsable) = answer {
            return finish(
              .failure(
                ControlError(
                  .refused, "\(entry.name) is out of service and cannot be the active path",
                  hint: "mpctl status \(device.name.text) shows why; mpctl restore puts it back")))
          }
          guard case .done = answer else { return finish(.failure(moveError(answer, device))) }
          device.preferred = isSticky ? entry.id : nil
          let remark = isSticky ? remarkOnFailback(device) : nil
          save { warning in finish(.success(Change(warning: remark ?? warning))) }
        })
    }
  }

  private func remarkOnFailback(_ device: DeviceEntry) -> String? {
    guard device.settings.failback == .manual else { return nil }
    return "failback is manual: after a failure the path does not take over again by itself; "
      + "mpctl set \(device.name.text) failback=immediate changes that"
  }

  func rotate(_ params: OneDevice, _ respond: @escaping Respond<RotateMethod>) {
    change(params.name, respond) { [self] device, _, finish in
      move(
        device, { .rotate(ticket: $0, device: device.id) },
        { [self] answer in
          guard case .done = answer else { return finish(.failure(moveError(answer, device))) }
          finish(.success(Change()))
        })
    }
  }

  /// Asks for a move until it is not refused any more for what has not been flushed: clients flush often, and
  /// after a flush there is a moment in which nothing else has been written yet.
  private func move(
    _ device: DeviceEntry, triesLeft: Int = DaemonLimits.moveTries,
    _ command: @escaping (UInt64) -> ReactorCommand, _ done: @escaping (Answer) -> Void
  ) {
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
      guard case .refused(.unflushed) = answer, triesLeft > 1 else { return done(answer) }
      timers.after(DaemonLimits.moveWait) { [self] in
        move(device, triesLeft: triesLeft - 1, command, done)
      }
    }
    post(command(ticket), to: device)
  }

  private func moveError(_ answer: Answer, _ device: DeviceEntry) -> ControlError {
    guard case .refused(.unflushed(let path)) = answer,
      let index = device.index(ofPath: path)
    else { return error(answer, while: "changing the active path") }
    let name = device.paths[index].name
    return ControlError(
      .refused,
      "\(name) has a cache of its own with changes that no flush has covered: moved away from now, they "
        + "would not be read, and could later replace newer ones",
      hint: "have the device's users flush (sync), and try again; mpctl fail \(device.name.text) "
        + "\(name) moves all the same")
  }
}
