export { createTrainer, type Trainer, type TrainerDeps } from './server.js';
