internal import BasicContainers
internal import BlockIO
internal import Engine
internal import NBD

/// Attempts on NBD servers: in steps, as for files, each put into whatever the server understands.
extension Reactor {
  mutating func startServerIO(_ device: Int, _ place: Int) {
    let request = devices[device].pending[place].request
    let index = leastBusyConnection(
      devices[device].paths[Int(request.path.rawValue)].firstConnection)
    guard index != Connection.none else {
      endIO(device, place, .failure(errno: Errno.enotconn))
      return
    }
    if request.range.isEmpty && request.operation != .flush {
      endIO(device, place, .success)
      return
    }
    guard connections[Int(index)].rangeSplitter?.pieces(of: request.range) != nil else {
      // The device has grown since the server told its size.
      endIO(device, place, .failure(errno: Errno.eio))
      return
    }
    if connections[Int(index)].attempts == 0 {
      connections[Int(index)].heardAt = now
      scheduleHousekeeping()
    }
    connections[Int(index)].attempts += 1
    if devices[device].pending[place].isSlow { connections[Int(index)].slowAttempts += 1 }
    devices[device].servers[place] = ServerIO(connection: index)
    beginServerStep(device, place)
  }

  /// The connection with the fewest attempts among those of one path.
  private func leastBusyConnection(_ first: UInt32) -> UInt32 {
    guard first != Connection.none else { return first }
    var best = first
    var index = connections[Int(first)].next
    while index != Connection.none {
      if connections[Int(index)].attempts < connections[Int(best)].attempts { best = index }
      index = connections[Int(index)].next
    }
    return best
  }

  /// Puts the present step into the server's terms and into its connection's queue.
  private mutating func beginServerStep(_ device: Int, _ place: Int) {
    let io = devices[device].pending[place]
    let index = devices[device].servers[place].connection
    let durable = io.request.flags.intersection(.forceUnitAccess)
    let plan =
      switch io.step {
      case .idle: preconditionFailure("a step of an idle place")
      case .transfer, .zero:
        connections[Int(index)].encoder.plan(io.request.operation, io.request.flags)
      case .writeZeroes: connections[Int(index)].encoder.plan(.write, durable)
      case .flush: connections[Int(index)].encoder.plan(.flush, [])
      }
    devices[device].servers[place].issuedBytes = 0
    devices[device].servers[place].errno = 0
    devices[device].servers[place].flushesAfter = false
    switch plan {
    case .send(let command): queueForServer(device, place, command)
    case .sendThenFlush(let command):
      devices[device].servers[place].flushesAfter = true
      queueForServer(device, place, command)
    case .nothingToDo: serverStepEnded(device, place, errno: 0)
    case .refuse(let errno): serverStepEnded(device, place, errno: errno)
    }
  }

  private mutating func queueForServer(_ device: Int, _ place: Int, _ command: CommandFlags) {
    devices[device].servers[place].command = command
    appendToServerQueue(devices[device].servers[place].connection, device, place)
  }

  mutating func appendToServerQueue(_ index: UInt32, _ device: Int, _ place: Int) {
    devices[device].servers[place].isQueued = true
    devices[device].servers[place].next = Connection.none
    let tail = connections[Int(index)].queueTail
    if tail == Connection.none {
      connections[Int(index)].queueHead = UInt32(place)
    } else {
      devices[device].servers[Int(tail)].next = UInt32(place)
    }
    connections[Int(index)].queueTail = UInt32(place)
    markDirty(connection: index)
  }

  /// Takes the head off, or in the rare case of an error whichever it is.
  mutating func removeFromServerQueue(_ index: UInt32, _ device: Int, _ place: Int) {
    devices[device].servers[place].isQueued = false
    let next = devices[device].servers[place].next
    var previous = Connection.none
    var other = connections[Int(index)].queueHead
    while other != UInt32(place) {
      previous = other
      other = devices[device].servers[Int(other)].next
    }
    if previous == Connection.none {
      connections[Int(index)].queueHead = next
    } else {
      devices[device].servers[Int(previous)].next = next
    }
    if next == Connection.none { connections[Int(index)].queueTail = previous }
  }

  /// A piece has been answered, and the kernel does not hold its payload any more.
  mutating func concludePiece(_ index: UInt32, _ slot: UInt32, errno: Int32) {
    let device = Int(connections[Int(index)].device)
    let place = Int(connections[Int(index)].pieces[Int(slot)].place)
    connections[Int(index)].freePieces.append(slot)
    if connections[Int(index)].queueHead != Connection.none { markDirty(connection: index) }
    devices[device].servers[place].outstanding -= 1
    if errno != 0 {
      if devices[device].servers[place].errno == 0 { devices[device].servers[place].errno = errno }
      // What is left of it is not sent.
      if devices[device].servers[place].isQueued { removeFromServerQueue(index, device, place) }
    }
    let io = devices[device].servers[place]
    if io.outstanding == 0, !io.isQueued { serverStepEnded(device, place, errno: io.errno) }
  }

  /// What follows a step, as for files. A discard is a hint and succeeds where the server has none; zeroes
  /// are written out unless the client wants them fast or not at all.
  private mutating func serverStepEnded(_ device: Int, _ place: Int, errno: Int32) {
    let io = devices[device].pending[place]
    if errno == 0 {
      guard devices[device].servers[place].flushesAfter else {
        return endServerIO(device, place, .success)
      }
      devices[device].pending[place].step = .flush
      return beginServerStep(device, place)
    }
    guard io.step == .zero, errno == Errno.eopnotsupp else {
      return endServerIO(device, place, .failure(errno: errno))
    }
    if io.request.operation == .discard { return endServerIO(device, place, .success) }
    guard !io.request.flags.contains(.onlyIfFast) else {
      return endServerIO(device, place, .failure(errno: errno))
    }
    devices[device].pending[place].step = .writeZeroes
    beginServerStep(device, place)
  }

  mutating func endServerIO(_ device: Int, _ place: Int, _ outcome: IOOutcome) {
    let index = Int(devices[device].servers[place].connection)
    connections[index].attempts -= 1
    if devices[device].pending[place].isSlow { connections[index].slowAttempts -= 1 }
    assert(connections[index].attempts >= 0 && connections[index].slowAttempts >= 0)
    devices[device].servers[place] = ServerIO()
    endIO(device, place, outcome)
  }

  mutating func markDirty(connection index: UInt32) {
    guard !connections[Int(index)].isDirty else { return }
    connections[Int(index)].isDirty = true
    dirtyConnections.append(index)
  }
}
