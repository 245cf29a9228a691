internal import CLinux
internal import Control
internal import Glibc
internal import Logging
internal import Reactor

/// Devices at addresses beside their own sockets.
extension Supervisor {
  func export(_ params: ExportMethod.Params, _ respond: @escaping Respond<ExportMethod>) {
    do throws(ControlError) {
      try params.check()
    } catch {
      return respond(.failure(error))
    }
    change(params.name, respond) { [self] device, _, finish in
      do throws(ControlError) {
        let address = try params.export.checkedAddress()
        try refuseRepeatedExport(address, of: device)
        openExport(params.export, address, of: device) { [self] outcome in
          switch outcome {
          case .failure(let error): finish(.failure(error))
          case .success(let entry):
            device.exports.append(entry)
            let status = entry.status(device.name.text)
            log.info(
              "export added", metadata: ["device": "\(device.name.text)", "uri": "\(status.uri)"])
            save { warning in
              finish(
                .success(
                  ExportMethod.Result(
                    name: device.name.text, listen: status.listen, uri: status.uri,
                    warning: warning)))
            }
          }
        }
      } catch {
        finish(.failure(error))
      }
    }
  }

  private func refuseRepeatedExport(
    _ address: ListenAddress, of device: DeviceEntry
  ) throws(ControlError) {
    if device.exports.contains(where: { $0.address == address }) {
      throw ControlError(
        .exists, "\(device.name.text) is served at \(address.text) already",
        hint: "mpctl unexport \(device.name.text) --listen \(address.text) ends that")
    }
    guard device.exports.count < ExportMethod.exportsMax else {
      throw ControlError(
        .refused, "a device has at most \(ExportMethod.exportsMax) added addresses")
    }
  }

  func unexport(_ params: UnexportMethod.Params, _ respond: @escaping Respond<UnexportMethod>) {
    change(params.name, respond) { [self] device, _, finish in
      let address = try? ListenAddress(params.listen)
      guard let index = device.exports.firstIndex(where: { $0.address == address }) else {
        return finish(
          .failure(
            ControlError(
              .notFound,
              "\(device.name.text) is not served at \(PrintableText.escaped(params.listen))",
              hint: "mpctl status \(device.name.text) shows where it is")))
      }
      let entry = device.exports.remove(at: index)
      forgetSocket(of: entry)
      guard entry.trouble == nil else { return save { finish(.success(Change(warning: $0))) } }
      let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
        guard case .done = answer else {
          return finish(.failure(error(answer, while: "closing the address")))
        }
        save { finish(.success(Change(warning: $0))) }
      }
      post(.unlisten(ticket: ticket, device: device.id, listener: entry.id), to: device)
    }
  }

  /// A Unix socket's name outlives its listener.
  private func forgetSocket(of entry: ExportEntry) {
    guard case .unix(let file) = entry.address, entry.trouble == nil else { return }
    unsafe unlink(file)
  }

  func forgetExportSockets(of device: DeviceEntry) {
    for entry in device.exports { forgetSocket(of: entry) }
  }

  private func openExport(
    _ specification: ExportSpecification, _ address: ListenAddress, of device: DeviceEntry,
    _ done: @escaping (Result<ExportEntry, ControlError>) -> Void
  ) {
    let ticket = ticket(
      patience: DaemonLimits.pathPatience,
      late: { answer in
        if case .exportOpened(.success(let opened)) = answer { opened.close() }
      },
      { [self] answer in
        switch answer {
        case .exportOpened(.success(let opened)):
          listen(specification, opened, device, done)
        case .exportOpened(.failure(let error)): done(.failure(error))
        case .timedOut, .done, .refused, .counted, .explained, .tracing, .snapshot, .opened,
          .compared, .saved, .fenced, .kernel, .labelled:
          done(.failure(error(answer, while: "reading the credentials")))
        }
      })
    let inbox = inbox
    ExportOpener.start(specification, address, socketMode: options.socketMode) { result in
      inbox.post(.answer(ticket: ticket, .exportOpened(result)))
    }
  }

  private func listen(
    _ specification: ExportSpecification, _ opened: ExportOpener.Opened, _ device: DeviceEntry,
    _ done: @escaping (Result<ExportEntry, ControlError>) -> Void
  ) {
    let id = newID()
    var specification = specification
    specification.listen = opened.address.text
    let entry = ExportEntry(
      id: id, specification: specification, address: opened.address)
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
      if case .done = answer { return done(.success(entry)) }
      done(.failure(error(answer, while: "listening")))
    }
    post(
      .listen(
        ticket: ticket, device: device.id,
        ListenerSetup(
          id: id, descriptor: opened.listener, isReadOnly: specification.readOnly,
          isSimple: specification.simpleReplies,
          credentials: opened.credentials)), to: device)
  }

  // MARK: After a restart

  /// What the device was served at before; an address that cannot be had now is tried again.
  func restoreExports(of device: DeviceEntry) {
    let known = remembered.first { $0.name == device.name.text }?.exports ?? []
    for specification in known {
      guard let address = try? specification.checkedAddress() else {
        log.error(
          "an export in the state file cannot be meant",
          metadata: ["device": "\(device.name.text)", "listen": "\(specification.listen)"])
        continue
      }
      device.exports.append(
        ExportEntry(
          id: newID(), specification: specification, address: address,
          trouble: "it is being set up"))
      retryExport(address, of: device)
    }
  }

  private func retryExport(_ address: ListenAddress, of device: DeviceEntry) {
    guard !device.isBeingDestroyed, !isStopping,
      let waiting = device.exports.first(where: { $0.address == address && $0.trouble != nil })
    else { return }
    openExport(waiting.specification, address, of: device) { [self] outcome in
      guard let index = device.exports.firstIndex(where: { $0.id == waiting.id }) else {
        // Taken away meanwhile.
        if case .success(let entry) = outcome {
          forgetSocket(of: entry)
          let ticket = ticket(patience: DaemonLimits.reactorPatience) { _ in }
          post(.unlisten(ticket: ticket, device: device.id, listener: entry.id), to: device)
        }
        return
      }
      switch outcome {
      case .success(let entry): device.exports[index] = entry
      case .failure(let error):
        if device.exports[index].trouble != error.message {
          log.warning(
            "export not served: \(error.message)", metadata: ["device": "\(device.name.text)"])
        }
        device.exports[index].trouble = error.message
        timers.after(DaemonLimits.exportRetry) { [self] in retryExport(address, of: device) }
      }
    }
  }
}
