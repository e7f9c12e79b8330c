// Crash points of a rotate and of a revoke; of the others: crash.test.ts.
import { losesNothing } from './crash-claims.ts'

losesNothing(['rotate', 'revoke'])
