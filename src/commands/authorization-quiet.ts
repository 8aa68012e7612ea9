// The OAuth library speaks to the console on its own account when it is loaded: that it was made for another runtime, on which it is
// tested. In a process of its own nobody else writes there; what we have to say goes through the command's own lines.

export function quietLibrary(): void {
  Object.assign(globalThis.console, { info: () => undefined, warn: () => undefined })
}
