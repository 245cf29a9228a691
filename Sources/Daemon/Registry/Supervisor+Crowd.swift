internal import BlockIO
internal import Control

/// Many pieces of work on helper threads, any of which may hang.
extension Supervisor {
  private final class Crowd {
    var next = 0
    var running = 0
    var left: Int
    var isFilling = false

    init(_ count: Int) { left = count }
  }

  /// Starts `count` pieces, a few at a time, and calls `done` when each has ended or has been waited for long
  /// enough. One that takes long soon no longer keeps the next from being started, so that a thousand that hang
  /// delay the others by seconds and not by hours.
  ///
  /// - Parameter start: Begins one piece; its second argument is to be called when that has ended, however late.
  func inCrowd(
    _ count: Int, _ start: @escaping (_ index: Int, _ ended: @escaping () -> Void) -> Void,
    _ done: @escaping () -> Void
  ) {
    guard count > 0 else { return done() }
    let crowd = Crowd(count)
    func startMore() {
      guard !crowd.isFilling else { return }
      crowd.isFilling = true
      while crowd.next < count, crowd.running < DaemonLimits.looks {
        crowd.next += 1
        crowd.running += 1
        startOne(crowd.next - 1)
      }
      crowd.isFilling = false
      if crowd.left == 0 {
        crowd.left = -1
        done()
      }
    }
    func startOne(_ index: Int) {
      var counts = true
      var isOver = false
      let release = {
        if counts { crowd.running -= 1 }
        counts = false
      }
      let over = {
        guard !isOver else { return }
        isOver = true
        release()
        crowd.left -= 1
        startMore()
      }
      let grace = timers.after(DaemonLimits.lookGrace) {
        release()
        startMore()
      }
      let patience = timers.after(DaemonLimits.lookPatience, over)
      start(index) { [self] in
        timers.cancel(grace)
        timers.cancel(patience)
        over()
      }
    }
    startMore()
  }
}
