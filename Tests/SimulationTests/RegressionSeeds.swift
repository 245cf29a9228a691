/// Seeds that found a fault once, each with what was wrong.
///
/// A change of what a seed means may blunt them: those before the first line of hangs were found by a
/// simulator that drew less. What was found before there were network paths is played without them, and
/// means what it did.
enum RegressionSeeds {
  /// With network paths.
  static let network: [(seed: UInt64, wrong: String)] = [
    (
      7046,
      "a path came back with what an ended connection had left behind, and seemed silent for it"
    ),
    (1317, "a request did not try the new connection of a path on which it had been given up"),
    (10168, "a path shown to be foreign meanwhile came back before what it had left was fenced"),
    (
      5, "the simulator: a path that was lost already was not opened anew when its connection ended"
    ),
    (
      485,
      "the simulator: a fenced cache was lost, and what it had taken was acknowledged after that"
    ),
    (
      3669,
      "the simulator: several connections ended before what the first end caused was carried out"
    ),
  ]

  static let all: [(seed: UInt64, wrong: String)] = [
    (609, "a flush retried on a sibling went there for ever when its first path had come back"),
    (929, "a flush retried on a sibling went there for ever when its first path had come back"),
    (18, "a write that ended after its path was removed took its flush debt with it"),
    (176, "a write that ended after its path was removed took its flush debt with it"),
    (294, "a write that ended after its path was removed took its flush debt with it"),
    (117, "with no path attached FLUSH succeeded at once"),
    (360, "with no path attached FLUSH succeeded at once"),
    (174, "the one report of lost writes went to a session that had ended"),
    (311, "the one report of lost writes went to a session that had ended"),
    (740, "the one report of lost writes went to a session that had ended"),
    (2055, "a write ended on a path already lost, whose cache lost power before it returned"),
    (8496, "waiting requests held all buffers, and no probe could bring a path back"),
    (36, "the referee: a read and a cache loss that overlap"),
    (369, "the referee: a read and a cache loss that overlap"),
    (9107, "the simulator: an idle path died unnoticed"),
    // Hangs, ghosts, groups and hedging.
    (12, "hedging announced a deadline in a private domain and never met it"),
    (1048, "a request that was answered went to the same path again when any path returned"),
    (1602, "a request that was answered went to the same path again when any path returned"),
    (2014, "a late read was hedged on a path of a worse group"),
    (3009, "a late read was hedged on a path of a worse group"),
    (3040, "a late read with one path in its group was hedged on the next group"),
    (4509, "the only path was convicted, restored at once, and given up in service"),
    (2034, "a late answer took a waiting read out of its queue twice"),
    (1078, "an attempt refused for want of memory had been given up in the same turn"),
    (3504, "an attempt refused for want of memory counted as a path that had been tried"),
    (5004, "an attempt refused for want of memory counted as a path that had been tried"),
    (1088, "requests that waited were not served when auto-restore brought a path back"),
    (7504, "requests that waited were not served when auto-restore brought a path back"),
    (1314, "the path of a late error was forgotten, and tried again"),
    (5080, "the path of a late error was forgotten, and tried again"),
    (99, "a silent path that was being removed kept its requests"),
    (4026, "witnesses were called one at a time, and the first ones hung as well"),
    (6072, "witnesses were called one at a time, and the first ones hung as well"),
    (2471, "the referee: a write lost between its late success and its acknowledgement"),
    (787, "the late success of a flush did not end it"),
    (3184, "the late success of a flush did not end it"),
    (17976, "a flush avoided for good a path that had answered it late"),
    (2996, "a request went from one silent path to the next within one turn"),
    (20244, "a request failed in the turn in which auto-restore brought a path back"),
    (25465, "a request was sent to a path that was being convicted"),
    (6961, "the last resort was passed over when the path that had answered was removed"),
    (9628, "the last resort was passed over when the path that had answered was removed"),
    (89, "a request whose client had gone was tried on another path after a wait"),
    (318, "a request whose client had gone was tried on another path after a wait"),
    (118, "a request that waited brought back a path while the others were being served"),
    (2664, "a path came back after a medium error, and what waited for one went on waiting"),
    (3029, "a request failed while another one's medium error brought a path back for it"),
    (4082, "a request's patience ended in the turn in which a medium error's path came back"),
    (4874, "nobody asked a path that came into service about the silent ones"),
    (
      572956,
      "a change that went to a failed path as its last resort, and was done after its removal, asked for no fence"
    ),
  ]
}
