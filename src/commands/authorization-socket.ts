// Where the gateway finds the authorization server of its state directory.
import { join } from 'node:path'

export const authorizationSocket = (home: string): string => join(home, 'run', 'authorization.sock')
