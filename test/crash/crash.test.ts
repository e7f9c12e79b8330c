// Crash points of a settle and of a rollback; the other two intents have two thirds of all there are: crash.long.test.ts. `npm run
// torture` plays all ways at all points, and double kills.
import { losesNothing } from './crash-claims.ts'

losesNothing(['settle', 'rollback'])
