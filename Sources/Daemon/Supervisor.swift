internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Logging
internal import Multipath
internal import Reactor

/// The control side of the daemon, on the main thread: devices by name, the control socket, the state
/// file, signals. It never touches a path itself: reactors carry the requests, helper threads open, close
/// and compare, and all of them answer through one mailbox.
final class Supervisor {
  let options: DaemonOptions
  private let lock: Int32
  /// When the daemon before this one had ended, if servers may still carry out changes that it had sent them.
  let changesLeftAt: Instant?
  /// The same of this daemon, once its reactors have ended.
  private var leavesChanges = false
  let log: Logger
  let server: ControlServer
  let state: StateStore?
  var saves = SaveQueue()
  /// What the clock on the wall showed when the monotonic one began, in milliseconds since 1970.
  var clockStart: UInt64 = 0
  /// Paths that a helper thread reads for a rescan, or asks for their size: another would hang beside it.
  var beingRead: Set<UInt32> = []
  var beingSized: Set<UInt32> = []
  /// What the state file held when the daemon started.
  let remembered: [DeviceSpecification]
  let inbox = Mailbox<SupervisorMessage>()
  /// What reactors say of devices when they are asked, apart from all else: whoever asks does not wait behind a burst.
  private let answers = Mailbox<SupervisorMessage>()
  /// What has arrived and has not been looked at yet.
  private var backlog: [SupervisorMessage] = []
  private var backlogDone = 0
  var reactors: [ReactorThread] = []
  var devices: [DeviceEntry] = [] {
    didSet { owners.keep(devices) }
  }
  let owners = PathOwners()
  /// What `stop` has ended: kept in the state file, and made again when the daemon starts.
  var stopped: [DeviceSpecification] = []
  /// Names that are being created, so that two clients cannot create one device.
  var namesInCreation: Set<String> = []
  var timers = Timers()
  var events = EventLog()
  /// Traces that are being taken, one of a device at most.
  var traces: [TraceSession] = []
  var jitter = Jitter(seed: ReactorThread.clock().nanoseconds)
  private var nextID: UInt32 = 1
  private var nextTicket: UInt64 = 1
  private var waiting: [UInt64: (Answer) -> Void] = [:]
  /// Called when a path's descriptor has come back from its reactor.
  var closedHandlers: [UInt32: () -> Void] = [:]
  let taster: Taster
  /// Started when the kernel is first asked for something.
  private(set) lazy var kernelWorker = KernelWorker()
  var writeBackDuty = WriteBackDuty()
  var guardian = GuardianLink()
  /// A block device has come, and udev's links to it may come yet.
  var isLookingForLinks = false
  /// In milliseconds since 1970.
  let started = WallClock.milliseconds(at: ReactorThread.clock())
  /// What the daemon before has left to this one, and what this one leaves to the next.
  var inherited: Successor
  var successor = Successor()
  private let signals: Int32
  private var reactorsToStart = 0
  private var reactorsRunning = 0
  private(set) var isStopping = false
  private var exitStatus: Int32?

  /// What a ticket is answered with.
  enum Answer: Sendable {
    case done
    case refused(ReactorRefusal)
    case counted(Int)
    case explained([DecisionSnapshot])
    case tracing(TraceBeginning)
    case snapshot([DeviceSnapshot])
    case opened(Result<OpenedPath, OpenFailure>)
    case compared(MediumComparison.Verdict)
    case saved(errno: Int32)
    case labelled(LabelAnswer)
    case kernel(KernelWorker.Outcome)
    case exportOpened(Result<ExportOpener.Opened, ControlError>)
    case fenced(FenceRun.Outcome)
    case timedOut
  }

  init(
    _ options: DaemonOptions, lock: RunLock.Claim, inherited: Successor, log: Logger
  ) throws(ControlError) {
    let signals = mp_signal_open()
    guard signals >= 0 else {
      throw ControlError(.internal, "signals cannot be read: \(ErrnoText.sentence(-signals))")
    }
    mp_raise_file_limit()
    mp_bound_arenas()
    self.options = options
    self.lock = lock.descriptor
    changesLeftAt = lock.isAfterKill ? ReactorThread.clock() : nil
    self.inherited = inherited
    self.log = log
    self.signals = signals
    taster = Taster(rule: options.taste, hearsEvents: options.hearsEvents)
    remembered = try options.stateFile.map(StateStore.read) ?? []
    server = try ControlServer(
      socket: options.controlSocket, group: try options.controlGroup.map(ControlServer.group))
    state = options.stateFile.map { StateStore(file: $0) }
  }

  /// Runs until a signal or a broken reactor ends the daemon; the exit status.
  func run(whenReady: @escaping () -> Void) -> Int32 {
    guardRemembered()
    if let pid = inherited.guardian { collectGuardian(pid) }
    startReactors { [self] in
      restoreDevices { [self] in
        dropUnclaimedConnections()
        guard let single = self.options.single else { return tasteAtStart(whenReady) }
        serveSingle(single)
      }
      watchSizes()
      dropSilentClients()
    }
    while exitStatus == nil { turn() }
    for device in devices where !device.hasVanished {
      unsafe unlink(device.socket)
      forgetExportSockets(of: device)
    }
    server.end()
    if exitStatus == 0, !leavesChanges { RunLock.noteOrder(lock) }
    becomeSuccessor()
    forgetWhatWaits()
    return exitStatus ?? 0
  }

  /// What still waits for something refers to this object, and would keep it for ever.
  private func forgetWhatWaits() {
    timers = Timers()
    waiting = [:]
    closedHandlers = [:]
    reactorsReady = nil
    for device in devices { device.changesWaiting = [] }
  }

  private func turn() {
    var polls = [
      pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      pollfd(fd: inbox.eventDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: taster.uevents, events: Int16(POLLIN), revents: 0),
      pollfd(fd: guardian.pipe, events: 0, revents: 0),
      pollfd(fd: taster.folders, events: Int16(POLLIN), revents: 0),
      pollfd(fd: answers.eventDescriptor, events: Int16(POLLIN), revents: 0),
    ]
    let clients = polls.count
    polls.append(contentsOf: server.interests())
    let ends = polls.count
    polls.append(contentsOf: kernelInterests())
    let timeout = backlog.isEmpty ? timers.pollTimeout() : 0
    let count = unsafe poll(&polls, UInt(polls.count), timeout)
    if count > 0 {
      if polls[0].revents != 0 { readSignals() }
      if polls[5].revents != 0 {
        _ = mp_event_drain(answers.eventDescriptor)
        for message in answers.takeAll() { take(message) }
      }
      if polls[1].revents != 0 {
        _ = mp_event_drain(inbox.eventDescriptor)
        backlog += inbox.takeAll()
      }
      if polls[2].revents != 0 { readUevents() }
      if polls[3].revents != 0 { guardianEnded() }
      if polls[4].revents != 0 { readFolders() }
      server.serve(polls[clients..<ends]) { client, peer, event in handle(client, peer, event) }
      serveKernelLinks(polls[ends...])
    }
    workOff()
    serveTraces()
  }

  /// Does what has arrived and what is due, for a moment: then clients have their turn.
  private func workOff() {
    let begin = ReactorThread.clock()
    let end = begin + DaemonLimits.slice
    while let action = timers.takeDue(at: begin) {
      action()
      if !(ReactorThread.clock() < end) { break }
    }
    var isOver = false
    while !isOver, backlogDone < backlog.count {
      let message = backlog[backlogDone]
      backlogDone += 1
      take(message)
      isOver = backlogDone % 8 == 0 && !(ReactorThread.clock() < end)
    }
    guard backlogDone == backlog.count else { return }
    backlog = []
    backlogDone = 0
  }

  /// Does `body` for each index below `count`, for a moment at a time, then calls `done`.
  func inSlices(
    _ count: Int, from first: Int = 0, _ body: @escaping (_ index: Int) -> Void,
    _ done: @escaping () -> Void
  ) {
    let end = ReactorThread.clock() + DaemonLimits.slice
    var index = first
    while index < count {
      body(index)
      index += 1
      if index % 16 == 0, !(ReactorThread.clock() < end) { break }
    }
    guard index < count else { return done() }
    timers.after(.zero) { [self] in inSlices(count, from: index, body, done) }
  }

  /// Clients that take nothing of their answers.
  private func dropSilentClients() {
    timers.after(DaemonLimits.answerPatience) { [self] in
      for peer in server.dropSilent() {
        log.warning("a client that took no answer was dropped", metadata: ["uid": "\(peer.uid)"])
      }
      dropSilentClients()
    }
  }

  // MARK: Tickets

  func newID() -> UInt32 {
    defer { nextID += 1 }
    return nextID
  }

  /// A ticket whose answer goes to `handler` on this thread, or `.timedOut` if none comes in time. A late
  /// answer goes to `late`, which gives back what it carries.
  func ticket(
    patience: Interval, late: ((Answer) -> Void)? = nil, _ handler: @escaping (Answer) -> Void
  ) -> UInt64 {
    let ticket = nextTicket
    nextTicket += 1
    let timer = timers.after(patience) { [self] in
      waiting[ticket] = late ?? { _ in }
      handler(.timedOut)
    }
    waiting[ticket] = { [self] answer in
      timers.cancel(timer)
      handler(answer)
    }
    return ticket
  }

  /// A ticket that waits for as long as it takes.
  func openTicket(_ handler: @escaping (Answer) -> Void) -> UInt64 {
    let ticket = nextTicket
    nextTicket += 1
    waiting[ticket] = handler
    return ticket
  }

  /// Gives a ticket its answer, if that is still wanted.
  func answer(_ ticket: UInt64, _ answer: Answer) {
    waiting.removeValue(forKey: ticket)?(answer)
  }

  private func take(_ message: SupervisorMessage) {
    switch message {
    case .answer(let ticket, let answer): self.answer(ticket, answer)
    case .report(let reactor, let report): take(report, from: reactor)
    }
  }

  private func take(_ report: ReactorReport, from reactor: Int) {
    switch report {
    case .started:
      reactorsRunning += 1
      if reactorsRunning == reactorsToStart { reactorsReady?() }
    case .done(let ticket): waiting.removeValue(forKey: ticket)?(.done)
    case .refused(let ticket, let refusal):
      waiting.removeValue(forKey: ticket)?(.refused(refusal))
    case .snapshot(let ticket, let snapshots):
      waiting.removeValue(forKey: ticket)?(.snapshot(snapshots))
    case .counted(let ticket, let count):
      waiting.removeValue(forKey: ticket)?(.counted(count))
    case .explained(let ticket, let decisions):
      waiting.removeValue(forKey: ticket)?(.explained(decisions))
    case .traceBegan(let ticket, let beginning):
      waiting.removeValue(forKey: ticket)?(.tracing(beginning))
    case .traceChunk(let device, let chunk): traced(device, chunk)
    case .traceEnded(let device, let summary): traceEnded(device, summary)
    case .event(let device, let instant, let waited, let event):
      noteEvent(device, event, at: instant, waited: waited)
    case .checkIdentity(let device, let path, let generation):
      checkIdentity(device, path, generation)
    case .fence(let device, let path, let generation): fence(device, path, generation)
    case .closed(_, let path, let descriptors, let isLast):
      PathOpener.close(descriptors)
      if isLast { closedHandlers.removeValue(forKey: path)?() }
    case .reopenRefused(let device, let path, let refusal):
      reopenRefused(device, path, refusal)
    case .connectionLost(let device, let path, let reason):
      noteConnectionLost(device, path, reason)
    case .released(let device, let descriptor): released(device, descriptor)
    case .stopped(let leavesChanges):
      reactorsRunning -= 1
      if leavesChanges { self.leavesChanges = true }
      if reactorsRunning == 0 { end(0) }
    case .broken(let advice):
      log.critical("a reactor failed: \(advice)")
      end(1)
    }
  }

  func post(_ command: ReactorCommand, to device: DeviceEntry) {
    reactors[device.reactor].post(command)
  }

  // MARK: Start and end

  private var reactorsReady: (() -> Void)?

  private func startReactors(_ ready: @escaping () -> Void) {
    reactorsToStart = options.reactors
    reactorsReady = ready
    for number in 0..<options.reactors {
      let inbox = inbox
      let answers = answers
      reactors.append(
        ReactorThread(name: "reactor-\(number)", keeping: lock) { report in
          if case .snapshot = report {
            answers.post(.report(reactor: number, report))
          } else {
            inbox.post(.report(reactor: number, report))
          }
        })
    }
  }

  private func readSignals() {
    while true {
      switch mp_signal_next(signals) {
      case 0: return
      case SIGHUP: log.info("SIGHUP: there is nothing to read anew")
      case let signal: stop(signal)
      }
    }
  }

  /// Answers what is in flight, then ends; a second signal, or a path that does not answer, ends it at once.
  private func stop(_ signal: Int32) {
    if isStopping {
      log.warning("second signal: ending at once")
      return end(1)
    }
    log.info("stopping", metadata: ["signal": "\(signal)"])
    stopServing()
  }

  /// Has the reactors end in order, and then the daemon.
  func stopServing(_ command: ReactorCommand = .stop) {
    isStopping = true
    if reactorsRunning == 0 { return end(0) }
    for reactor in reactors { reactor.post(command) }
    timers.after(DaemonLimits.stopPatience) { [self] in
      log.warning("a path has not answered; ending with attempts outstanding")
      end(1)
    }
  }

  func end(_ status: Int32) {
    if exitStatus == nil { exitStatus = status }
  }
}

/// What arrives from other threads.
enum SupervisorMessage: Sendable {
  case answer(ticket: UInt64, Supervisor.Answer)
  case report(reactor: Int, ReactorReport)
}
