internal import BasicContainers
internal import BlockIO
internal import Engine

/// What ended connections leave behind. A change that was sent may still land while nobody hears of it: its
/// answer, which lets later changes of the same bytes go on, waits until the quiet time is over or a fence has
/// cut the server off.
extension Reactor {
  /// Parts the attempts of an ended connection from it: changes that were sent wait, from the end of the
  /// connection on; the rest is marked to be answered by `answerAbandoned`.
  mutating func leaveBehind(_ index: UInt32, _ device: Int) {
    let quietTime =
      connections[Int(index)].isFenced ? Interval.zero : devices[device].quietTime
    let until = connections[Int(index)].endedAt.saturatingSum(quietTime)
    // Nothing new will be written to a device that is to go.
    let isLeaving = isStopping || devices[device].ending != nil
    for place in 0..<devices[device].servers.count
    where devices[device].servers[place].connection == index {
      let io = devices[device].servers[place]
      devices[device].servers[place].connection = Connection.abandoned
      devices[device].servers[place].isQueued = false
      let mayLand = io.outstanding > 0 && devices[device].pending[place].isChange
      guard mayLand, now < until else { continue }
      guard !isLeaving else {
        if isStopping { leavesChanges = true }
        continue
      }
      devices[device].servers[place].connection = Connection.none
      devices[device].servers[place].quietUntil = until
      noteQuiet(until, device)
    }
    connections[Int(index)].attempts = 0
    connections[Int(index)].slowAttempts = 0
  }

  /// Answers what ended connections carried and what can do nothing more.
  mutating func answerAbandoned(_ device: Int, _ errno: Int32) {
    for place in 0..<devices[device].servers.count
    where devices[device].servers[place].connection == Connection.abandoned {
      devices[device].servers[place] = ServerIO()
      endIO(device, place, .failure(errno: errno))
    }
  }

  private mutating func noteQuiet(_ until: Instant, _ device: Int) {
    if let nearest = devices[device].quietDeadline, !(until < nearest) { return }
    devices[device].quietDeadline = until
    noteDeadline(device)
  }

  /// Answers changes whose quiet time is over.
  mutating func endQuietTimes(_ device: Int) {
    guard let due = devices[device].quietDeadline, !(now < due) else { return }
    devices[device].quietDeadline = nil
    for place in 0..<devices[device].servers.count {
      guard let until = devices[device].servers[place].quietUntil else { continue }
      if now < until { noteQuiet(until, device) } else { endQuietTime(device, place) }
    }
  }

  /// Answers all that waits, of one path or of all: it can do nothing more, or it does not matter any more.
  mutating func endAllQuietTimes(_ device: Int, of path: PathIndex? = nil) {
    for place in 0..<devices[device].servers.count
    where devices[device].servers[place].quietUntil != nil {
      if let path, devices[device].pending[place].request.path != path { continue }
      if path == nil, isStopping { leavesChanges = true }
      endQuietTime(device, place)
    }
    guard let path else { return }
    for index in 0..<connections.count
    where connections[index].phase == .ending && Int(connections[index].device) == device
      && connections[index].path == path && !connections[index].isPathGone
    {
      // Ended already, though the kernel has not said so yet.
      connections[index].isFenced = true
    }
  }

  private mutating func endQuietTime(_ device: Int, _ place: Int) {
    devices[device].servers[place] = ServerIO()
    endIO(device, place, .failure(errno: Errno.econnreset))
  }
}

extension Instant {
  /// The last instant there is, where the sum lies beyond it.
  func saturatingSum(_ interval: Interval) -> Instant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(interval.nanoseconds)
    return Instant(nanoseconds: overflow ? .max : sum)
  }
}
