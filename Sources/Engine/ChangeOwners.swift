/// Whose the changes under way are, as far as it takes to know that all are one session's: then, which is the usual
/// case, no other session's need to be looked for.
struct ChangeOwners {
  private var session: UInt32 = 0
  /// Changes under way of that session, and of others or of sessions that have gone.
  private var own = 0
  private var others = 0

  func areAll(of session: UInt32) -> Bool {
    others == 0 && (own == 0 || self.session == session)
  }

  /// Whether it counts as the one session's; to be told when it is over.
  mutating func insert(_ session: UInt32) -> Bool {
    if own == 0 { self.session = session }
    if self.session == session { own += 1 } else { others += 1 }
    return self.session == session
  }

  mutating func remove(isOwn: Bool) {
    if isOwn { own -= 1 } else { others -= 1 }
    assert(own >= 0 && others >= 0)
  }

  /// The session of one that counted as the one session's has gone, and its number may come again.
  mutating func disown() {
    own -= 1
    others += 1
    assert(own >= 0)
  }
}
