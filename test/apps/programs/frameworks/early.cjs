void require('./ask.cjs')(require('./modules.cjs').modules)
