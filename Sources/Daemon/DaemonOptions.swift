internal import BlockIO
package import Control

/// What `mpathd` was started with.
package struct DaemonOptions: Sendable {
  package var runDirectory: RunDirectory
  package var controlSocket: String
  /// Nil when devices are not to be remembered.
  package var stateFile: String?
  package var reactors: Int
  /// Permissions of the devices' sockets; a data socket is the disk itself.
  package var socketMode: UInt32
  package var logLevel: String
  /// Where to look for labels.
  package var taste: TasteRule
  /// Whether to hear of what comes and goes from the kernel.
  package var hearsEvents: Bool
  /// Who may read through the control socket, beside its owner.
  package var controlGroup: String?
  /// Whether each labelled device becomes the kernel's, too.
  package var attachesAll: Bool
  /// One device is served and nothing else, until its client goes.
  package var single: SingleExport?

  package init(
    runDirectory: RunDirectory, controlSocket: String, stateFile: String?, reactors: Int,
    socketMode: UInt32 = 0o600, logLevel: String = "info", taste: TasteRule = .blockDevices,
    hearsEvents: Bool = true, controlGroup: String? = nil, attachesAll: Bool = false
  ) {
    self.runDirectory = runDirectory
    self.controlSocket = controlSocket
    self.stateFile = stateFile
    self.reactors = reactors
    self.socketMode = socketMode
    self.logLevel = logLevel
    self.taste = taste
    self.hearsEvents = hearsEvents
    self.controlGroup = controlGroup
    self.attachesAll = attachesAll
  }
}

/// Every limit of the control side.
enum DaemonLimits {
  static let reactors = 16
  static let clients = 256
  /// Those of one user who may only look.
  static let clientsPerUser = 32
  /// A client that takes nothing of its answer for this long is dropped.
  static let answerPatience = Interval.seconds(10)
  /// Requests of one client that are not answered yet; more are not read.
  static let requestsPerClient = 64
  /// A client that does not take its answer is dropped when this much is waiting.
  static let replyBytes = 32 << 20
  /// A follower of events misses some when this much is waiting for it.
  static let streamBytes = 512 << 10
  /// Events that are remembered.
  static let events = 1024
  /// How long a path may take to open, or to be compared, before the operation goes on without it.
  static let pathPatience = Interval.seconds(10)
  /// How long `remove` and `destroy` wait for outstanding attempts before they answer with a warning.
  static let drainPatience = Interval.seconds(20)
  /// How often, and after which wait, a move of the active path is tried that has to wait for a flush.
  static let moveTries = 100
  static let moveWait = Interval.milliseconds(20)
  /// How often, and how far apart, it is asked whether the end of a device that is to be cut off is at rest.
  static let shrinkTries = 200
  static let shrinkWait = Interval.milliseconds(50)
  /// How long a reactor may take to answer.
  static let reactorPatience = Interval.seconds(5)
  /// How long SIGTERM waits for attempts that are in flight.
  static let stopPatience = Interval.seconds(10)
  /// Attempts to open a lost path again: the first wait, doubling to the last.
  static let reopenFirst = Interval.milliseconds(250)
  static let reopenLast = Interval.seconds(10)
  /// Media that are looked at for labels at the same time; one that takes longer than the grace no longer counts, and
  /// one that takes longer than the patience is not waited for.
  static let looks = 32
  static let lookGrace = Interval.milliseconds(50)
  static let lookPatience = Interval.seconds(5)
  /// Threads that may hang at a look; beyond these nothing new is looked at.
  static let looksMax = 4096
  /// Folders that are watched for files.
  static let foldersMax = 256
  /// Labelled devices that are made at the same time.
  static let assemblies = 8
  /// How long the control thread is at one thing before it looks whether a client asks for something.
  static let slice = Interval.milliseconds(1)
  /// How long devices that have assembled themselves may wait to be in the state file.
  static let saveWait = Interval.milliseconds(500)
  /// How long a burst of arrivals is collected before they are looked at.
  static let arrivalWait = Interval.milliseconds(100)
  /// How long the first look for labels may keep the daemon from saying that it is ready.
  static let firstTastePatience = Interval.seconds(15)
  /// The same for a server, whose restart takes less than a disk's return.
  static let reconnectFirst = Interval.milliseconds(100)
  /// How often it is looked whether the client at standard input has gone.
  static let leaveWatch = Interval.milliseconds(50)
  /// How long after an address could not be had it is tried again.
  static let exportRetry = Interval.seconds(5)
  /// How often paths are asked for their size.
  static let sizeWatch = Interval.seconds(3)
  /// Changes of one device that wait for another to end.
  static let changesWaiting = 64
}
