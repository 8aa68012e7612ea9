// Where a copy of the logs is kept. Files are named below it as they are below `audit/`: `gateway-0/tile/0/000`. Whatever fulfils this
// passes one suite of tests.
export interface CopyDestination {
  /** Resolves to undefined where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Writes a file that is not there, whole or not at all. MUST NOT change one that is: it is evidence. */
  create(path: string, bytes: Uint8Array): Promise<'created' | 'taken'>
  /** Resolves when all that was created survives the destination's machine. */
  settle(): Promise<void>
  /** Puts a file in place of the one that is there; whoever reads meanwhile sees the one or the other. Survives the machine. */
  replace(path: string, bytes: Uint8Array): Promise<void>
  /** Removes what is below a folder, as far as the destination lets it. */
  forget(folder: string): Promise<void>
}
