// Crash points of a rollback; the other intents have nine tenths of all there are: crash.long.test.ts. `npm run torture` plays all ways at
// all points, and double kills.
import { losesNothing } from './crash-claims.ts'

losesNothing(['rollback'])
