import { applications } from './applications.ts'
import { tryApplications } from './try-applications.ts'

tryApplications(applications)
