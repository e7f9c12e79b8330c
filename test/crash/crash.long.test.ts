// Crash points of a rotate, a settle and a revoke; of a rollback: crash.test.ts.
import { losesNothing } from './crash-claims.ts'

losesNothing(['rotate', 'settle', 'revoke'])
