void lru_add_drain_all(void) { static DEFINE_MUTEX(lock); mutex_lock(&lock); mutex_unlock(&lock); }
