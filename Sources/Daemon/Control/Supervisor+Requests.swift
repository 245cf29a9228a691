internal import CLinux
internal import Control
internal import Glibc
internal import Reactor

/// From a line on the control socket to a method, and back.
extension Supervisor {
  /// Where a method's outcome goes; called exactly once.
  typealias Respond<M: ControlMethod> = (Result<M.Result, ControlError>) -> Void

  /// One method: its name, who may call it, and what it does with a line.
  private struct Handler {
    let method: any ControlMethod.Type
    let run: (Supervisor, UInt64, Int, [UInt8]) -> Void
  }

  private static func handler<M: ControlMethod>(
    _ method: M.Type, _ body: @escaping (Supervisor, M.Params, @escaping Respond<M>) -> Void
  ) -> Handler {
    Handler(method: method) { supervisor, client, id, line in
      do throws(ControlError) {
        let params = try Wire.params(of: M.self, in: line)
        body(supervisor, params) { outcome in
          switch outcome {
          case .success(let result):
            supervisor.server.answer(client, Wire.reply(M.self, id: id, result: result))
          case .failure(let error):
            supervisor.server.answer(client, Wire.refusal(id: id, error))
          }
        }
      } catch {
        supervisor.server.answer(client, Wire.refusal(id: id, error))
      }
    }
  }

  /// The one method that goes on after its answer: the connection stays a stream.
  private static var subscribeHandler: Handler {
    Handler(method: SubscribeMethod.self) { supervisor, client, id, line in
      do throws(ControlError) {
        let params = try Wire.params(of: SubscribeMethod.self, in: line)
        if let name = params.name { _ = try supervisor.device(named: name) }
        let backlog = supervisor.events.newest(params.last, of: params.name)
        supervisor.server.answer(
          client, Wire.reply(SubscribeMethod.self, id: id, result: Change()))
        supervisor.server.follow(client, device: params.name, backlog: backlog)
      } catch {
        supervisor.server.answer(client, Wire.refusal(id: id, error))
      }
    }
  }

  /// As `subscribe`, the connection becomes a stream.
  private static var traceHandler: Handler {
    Handler(method: TraceMethod.self) { supervisor, client, id, line in
      do throws(ControlError) {
        supervisor.trace(client, id, try Wire.params(of: TraceMethod.self, in: line))
      } catch {
        supervisor.server.answer(client, Wire.refusal(id: id, error))
      }
    }
  }

  /// The same for what says how devices are: their status is written once and kept, since it is asked for often and
  /// changes rarely.
  private static func reportHandler<M: ControlMethod>(_ method: M.Type) -> Handler
  where M.Params == DeviceSelection, M.Result == DeviceReport {
    Handler(method: method) { supervisor, client, id, line in
      do throws(ControlError) {
        supervisor.report(try Wire.params(of: M.self, in: line)) { outcome in
          switch outcome {
          case .success(let report):
            supervisor.server.answer(client, Wire.reply(id: id, report))
          case .failure(let error):
            supervisor.server.answer(client, Wire.refusal(id: id, error))
          }
        }
      } catch {
        supervisor.server.answer(client, Wire.refusal(id: id, error))
      }
    }
  }

  private static func handlers() -> [Handler] {
    [
      handler(CreateMethod.self) { $0.create($1, $2) },
      handler(LabelMethod.self) { $0.label($1, $2) },
      handler(AddMethod.self) { $0.add($1, $2) },
      handler(RemoveMethod.self) { $0.remove($1, $2) },
      handler(FailMethod.self) { $0.fail($1, $2) },
      handler(RestoreMethod.self) { $0.restore($1, $2) },
      handler(SetMethod.self) { $0.set($1, $2) },
      handler(PreferMethod.self) { $0.prefer($1, $2) },
      handler(RotateMethod.self) { $0.rotate($1, $2) },
      handler(FailQueuedMethod.self) { $0.failQueued($1, $2) },
      handler(ResizeMethod.self) { $0.resize($1, $2) },
      handler(StopMethod.self) { $0.stop($1, $2) },
      handler(DestroyMethod.self) { $0.destroy($1, $2) },
      handler(ClearMethod.self) { $0.clear($1, $2) },
      handler(DumpMethod.self) { $0.dump($1, $2) },
      handler(RescanMethod.self) { $0.rescan($1, $2) },
      handler(AttachMethod.self) { $0.attach($1, $2) },
      handler(DetachMethod.self) { $0.detach($1, $2) },
      handler(ExportMethod.self) { $0.export($1, $2) },
      handler(UnexportMethod.self) { $0.unexport($1, $2) },
      reportHandler(ListMethod.self),
      reportHandler(StatusMethod.self),
      handler(StatsMethod.self) { $0.stats($1, $2) },
      handler(PathsMethod.self) { $0.paths($1, $2) },
      handler(EventsMethod.self) { $0.events($1, $2) },
      handler(ExplainMethod.self) { $0.explain($1, $2) },
      subscribeHandler,
      traceHandler,
      handler(UpgradeMethod.self) { $0.upgrade($1, $2) },
      handler(VersionMethod.self) { supervisor, _, respond in
        respond(
          .success(
            VersionMethod.Result(
              version: ProgramVersion.text, pid: Int(getpid()), started: supervisor.started)))
      },
    ]
  }

  func handle(_ client: UInt64, _ peer: Peer, _ event: LineFramer.Event) {
    guard case .line(let line) = event else {
      let error = ControlError(
        .badRequest, "a request is at most \(Wire.requestLineBytesMax) bytes long")
      return server.answer(client, Wire.refusal(id: Wire.unknownID, error))
    }
    var id = Wire.unknownID
    do throws(ControlError) {
      let header = try Wire.header(of: line)
      id = header.id
      let method = try Methods.method(for: header)
      try authorize(peer, method)
      guard let handler = Self.handlers().first(where: { $0.method == method }) else {
        throw ControlError(.unknownMethod, "the method \(header.method) has no handler")
      }
      handler.run(self, client, id, line)
    } catch {
      server.answer(client, Wire.refusal(id: id, error))
    }
  }

  /// Whoever may open the socket may read; changing is for root and the daemon's own user.
  private func authorize(
    _ peer: Peer, _ method: any ControlMethod.Type
  ) throws(ControlError) {
    switch method.access {
    case .reading: return
    case .changing:
      guard peer.uid != 0, peer.uid != geteuid() else { return }
      throw ControlError(
        .notPermitted, "user \(peer.uid) may look, but not change anything",
        hint: "run mpctl as root or as the user of mpathd")
    }
  }

  // MARK: Devices by name

  func device(named name: String) throws(ControlError) -> DeviceEntry {
    if let known = try? DeviceName(name),
      let device = owners.devices(called: known).first(where: { !$0.isBeingDestroyed })
    {
      return device
    }
    let names = devices.filter { !$0.isBeingDestroyed }.map { $0.name.text }
    if let known = stopped.first(where: { $0.name == name }) {
      let verb = known.label == nil ? "create makes it" : "rescan assembles it"
      throw ControlError(
        .notFound, "the device \(name) is stopped",
        hint: "it is back when mpathd starts anew; mpctl \(verb) now, mpctl destroy "
          + "\(name) forgets it")
    }
    throw ControlError(
      .notFound, "there is no device \(PrintableText.quoted(name, lengthMax: 80))",
      hint: names.isEmpty
        ? "mpctl create makes one" : "the devices are: " + names.joined(separator: ", "))
  }

  func path(_ operand: String, of device: DeviceEntry) throws(ControlError) -> Int {
    do throws(ControlError) {
      return try PathOperand.match(
        operand: operand, among: device.paths.map { (name: $0.name, path: $0.path) })
    } catch {
      guard error.code == .notFound, let index = Self.sameNode(operand, device) else { throw error }
      return index
    }
  }

  /// A path that was added under one name of its block device, such as /dev/disk/by-id/..., may be meant by
  /// any other. Only for one that is open: the number of one that is gone may be another's by now.
  private static func sameNode(_ operand: String, _ device: DeviceEntry) -> Int? {
    guard let number = BlockNode.number(of: operand) else { return nil }
    return device.paths.firstIndex { $0.isOpen && $0.identity == .block(device: number) }
  }

  /// Runs `body` for a device and, when given, one of its paths, once earlier changes of the device are
  /// over. `body` must call its last argument when it is done.
  func change<Value>(
    _ name: String, path operand: String? = nil,
    _ respond: @escaping (Result<Value, ControlError>) -> Void,
    _ body:
      @escaping (
        DeviceEntry, Int?, @escaping (Result<Value, ControlError>) -> Void
      ) -> Void
  ) {
    do throws(ControlError) {
      let device = try device(named: name)
      guard device.changesWaiting.count < DaemonLimits.changesWaiting else {
        throw ControlError(.busy, "too many changes of \(name) are waiting", hint: "try again")
      }
      device.changesWaiting.append { [self] in
        let finish: (Result<Value, ControlError>) -> Void = { [self] outcome in
          respond(outcome)
          device.isChanging = false
          nextChange(device)
        }
        do throws(ControlError) {
          if device.isBeingDestroyed { throw ControlError(.notFound, "\(name) has gone meanwhile") }
          let index: Int?
          if let operand { index = try path(operand, of: device) } else { index = nil }
          body(device, index, finish)
        } catch {
          finish(.failure(error))
        }
      }
      nextChange(device)
    } catch {
      respond(.failure(error))
    }
  }

  private func nextChange(_ device: DeviceEntry) {
    guard !device.isChanging, !device.changesWaiting.isEmpty else { return }
    device.isChanging = true
    device.changesWaiting.removeFirst()()
  }

  // MARK: Reactor answers as sentences

  func error(_ answer: Answer, while doing: String) -> ControlError {
    switch answer {
    case .timedOut:
      ControlError(
        .timeout, "the device did not answer while \(doing)",
        hint: "a path may be hanging; mpctl status shows which")
    case .refused(.tooManyDevices): ControlError(.refused, "no room for another device")
    case .refused(.tooManyConnections):
      ControlError(
        .refused, "the daemon has no room for more connections to servers",
        hint: "use fewer connections per path")
    case .refused(.blockTooSmall(let deviceBlockBytes, let minimumBlockBytes)):
      ControlError(
        .refused,
        "the server takes blocks of \(minimumBlockBytes) bytes, the device has blocks of "
          + "\(deviceBlockBytes)")
    case .refused(.sizeDiffers(let size)):
      ControlError(
        .refused, "the server's export has \(size) bytes, not the size of the device")
    case .refused(.readOnly):
      ControlError(.refused, "the server does not allow writes")
    case .refused(.tooManyPaths):
      ControlError(.refused, "a device can have at most \(CreateMethod.pathsMax) paths")
    case .refused(.tooManyListeners):
      ControlError(
        .refused, "a device has at most \(ExportMethod.exportsMax) added addresses")
    case .refused(.noSuchDevice), .refused(.noSuchPath), .refused(.noSuchListener):
      ControlError(.notFound, "it has gone meanwhile")
    case .refused(.system(let errno)):
      ControlError(.internal, "\(doing) failed: \(ErrnoText.sentence(errno))")
    case .refused(.tracedAlready):
      ControlError(
        .busy, "the device is being traced already", hint: "wait until that trace has ended")
    case .refused(.inUse(let sessions)):
      ControlError(
        .busy, "it is in use by \(sessions == 1 ? "1 client" : "\(sessions) clients")",
        hint: "disconnect them first, or say --force to have it done")
    case .refused(.changesUnderWay):
      ControlError(
        .busy, "changes are under way that have not been answered", hint: "try again later")
    case .refused(.unflushed):
      ControlError(
        .refused, "the active path holds changes that no flush has covered",
        hint: "have the device's users flush, and try again")
    case .refused(.pathNotUsable):
      ControlError(
        .refused, "the path is out of service", hint: "mpctl status shows why")
    case .done, .counted, .explained, .tracing, .snapshot, .opened, .compared, .saved, .fenced,
      .kernel, .labelled, .exportOpened:
      ControlError(.internal, "an unexpected answer while \(doing)")
    }
  }
}
