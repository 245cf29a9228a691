internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Logging
internal import Reactor

/// One device, served on descriptors that whoever started the daemon has handed over.
extension Supervisor {
  func serveSingle(_ single: SingleExport) {
    let params = CreateMethod.Params(
      name: SingleExport.name, mode: .activePassive, paths: single.paths,
      options: DeviceOptions())
    create(params) { [self] outcome in
      guard case .success = outcome, let device = devices.first else {
        if case .failure(let error) = outcome {
          log.critical("\(error.message)\(error.hint.map { "; fix: " + $0 } ?? "")")
        }
        return end(1)
      }
      switch single.source {
      case .standardInput: serveStandardInput(device, single)
      case .sockets(let count): listenOnSockets(count, device, single)
      }
    }
  }

  /// A socket of its own for the reactor. What is left at 0 and 1 must not keep the connection up, nor take a
  /// word of ours.
  private func serveStandardInput(_ device: DeviceEntry, _ single: SingleExport) {
    let client = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, SingleExport.firstSocket)
    let watch = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, SingleExport.firstSocket)
    let nothing = unsafe Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
    guard client >= 0, watch >= 0, nothing >= 0, dup2(nothing, STDIN_FILENO) >= 0,
      dup2(nothing, STDOUT_FILENO) >= 0
    else {
      log.critical("no descriptors are left: \(ErrnoText.sentence(errno))")
      return end(1)
    }
    close(nothing)
    post(
      .admit(device: device.id, descriptor: client, isReadOnly: single.isReadOnly), to: device)
    awaitLeave(watch, device)
  }

  /// The daemon ends with its client: once the connection is down and all that was asked has been done.
  private func awaitLeave(_ watch: Int32, _ device: DeviceEntry) {
    timers.after(DaemonLimits.leaveWatch) { [self] in
      guard mp_has_hung_up(watch), !isStopping else { return awaitLeave(watch, device) }
      let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
        guard case .snapshot(let snapshots) = answer,
          let snapshot = snapshots.first(where: { $0.id == device.id }), snapshot.sessions == 0
        else { return awaitLeave(watch, device) }
        if !isStopping { stopServing() }
      }
      post(.snapshot(ticket: ticket, device: nil), to: device)
    }
  }

  private func listenOnSockets(_ count: Int, _ device: DeviceEntry, _ single: SingleExport) {
    for number in 0..<Int32(count) {
      let listener = fcntl(SingleExport.firstSocket + number, F_DUPFD_CLOEXEC, 0)
      guard listener >= 0 else {
        log.critical("a socket cannot be taken over: \(ErrnoText.sentence(errno))")
        return end(1)
      }
      // The ring answers EAGAIN on a socket that does not block, rather than wait.
      _ = mp_tune_server_socket(listener)
      let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
        if case .done = answer { return }
        log.critical("\(error(answer, while: "listening").message)")
        end(1)
      }
      post(
        .listen(
          ticket: ticket, device: device.id,
          ListenerSetup(id: newID(), descriptor: listener, isReadOnly: single.isReadOnly)),
        to: device)
    }
  }
}
