/// Who may call a method, judged by the peer credentials of the control socket.
package enum ControlAccess: Hashable, Sendable {
  /// Whoever may connect: the method only looks.
  case reading
  /// Root and the daemon's own user: the method changes what runs.
  case changing
}
